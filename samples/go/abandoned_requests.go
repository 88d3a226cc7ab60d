package main

import "time"

// -leak goroutine: whoever asks gives up after a while, and the goroutine that answers then waits for ever to be heard.
func makeAbandonedRequests(repaired bool) worker {
	room := 0 // the leak: nobody receives any more
	if repaired {
		room = 1 // the repair: an answer that nobody wants can still be put down
	}
	return func() {
		answers, gaveUp := make(chan int, room), make(chan struct{})
		go answerSlowly(answers, gaveUp)
		select {
		case <-answers:
		case <-time.After(time.Microsecond):
		}
		close(gaveUp)
	}
}

// answerSlowly takes longer than anybody waits, however slow the machine is.
func answerSlowly(answers chan<- int, gaveUp <-chan struct{}) {
	<-gaveUp
	answers <- 42
}
