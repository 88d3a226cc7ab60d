// A Go service that can make one of the classic mistakes, or do the same work without it:
//
//	go run ./samples/go/*.go -leak goroutine
//	mqtrack snapshot http://127.0.0.1:PORT/debug/pprof/goroutine -o before.pb.gz
//	curl 'http://127.0.0.1:PORT/work?n=100'
//
// It prints its address, and serves /debug/pprof/ and /work?n=N, which does N pieces of work. Each mistake is in a file of
// its own, named after it.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// A worker does one piece of work each time it is called.
type worker func()

// makers by the name of the mistake. A maker is told whether to make it or its repaired twin.
var makers = map[string]func(repaired bool) worker{
	"goroutine": makeAbandonedRequests,
	"channel":   makeKeptSubscribers,
	"closure":   makeKeptObservers,
	"method":    makeKeptHandlers,
	"timer":     makeArmedTimers,
	"slice":     makeKeptArrays,
	"pool":      makeUnreturnedBuffers,
	"cache":     makeEverGrowingCache,
}

func names() string {
	all := make([]string, 0, len(makers))
	for name := range makers {
		all = append(all, name)
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

func main() {
	leak := flag.String("leak", "goroutine", "the mistake: "+names())
	repaired := flag.Bool("repaired", false, "do the same work without the mistake")
	address := flag.String("listen", "127.0.0.1:0", "where to serve; port 0: any that is free")
	exact := flag.Bool("exact", false, "have Go's heap profile count every allocation, not one in 512 KiB")
	flag.Parse()
	make, known := makers[*leak]
	if !known {
		log.Fatalf("there is no mistake '%s'; choose one of: %s", *leak, names())
	}
	if *exact {
		runtime.MemProfileRate = 1
	}
	work := make(*repaired)
	http.HandleFunc("/work", func(answer http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.FormValue("n"))
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		for i := 0; i < count; i++ {
			work()
		}
		fmt.Fprintln(answer, count)
	})
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
