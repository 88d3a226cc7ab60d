// A Go service with two leaks, for the tests of mqtrack on pprof endpoints. It prints its address and serves
//
//	/debug/pprof/...  net/http/pprof
//	/keep?n=N         keeps N readings of 4096 bytes for ever
//	/wait?n=N         starts N goroutines that wait for ever
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strconv"
)

const readingBytes = 4096

var (
	readings [][]byte
	replies  = make(chan string)
)

//go:noinline
func keepReading() {
	readings = append(readings, make([]byte, readingBytes))
}

//go:noinline
func waitForReply() {
	<-replies
}

// repeat answers a request by calling action as often as the request says.
func repeat(action func()) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.FormValue("n"))
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		for i := 0; i < count; i++ {
			action()
		}
		fmt.Fprintln(answer, count)
	}
}

func main() {
	runtime.MemProfileRate = 1 // every allocation, so that the tests can insist on exact numbers
	readings = make([][]byte, 0, 100000)
	http.HandleFunc("/keep", repeat(keepReading))
	http.HandleFunc("/wait", repeat(func() { go waitForReply() }))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
