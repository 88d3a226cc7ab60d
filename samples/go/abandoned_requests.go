package main

import "time"

// -leak goroutine: whoever asks gives up after a while, and the goroutine that answers then waits for ever to be heard.
func makeAbandonedRequests(repaired bool) worker {
	room := 0 // the leak: nobody receives any more
	if repaired {
		room = 1 // the repair: an answer that nobody wants can still be put down
	}
	return func() {
		answers := make(chan int, room)
		go answerSlowly(answers)
		select {
		case <-answers:
		case <-time.After(time.Microsecond):
		}
	}
}

func answerSlowly(answers chan<- int) {
	time.Sleep(time.Millisecond)
	answers <- 42
}
