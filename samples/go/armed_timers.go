package main

import "time"

// -leak timer: a watchdog that is to fire in an hour is armed for each request and holds it until then. (A ticker or timer
// that nobody points to is collected since Go 1.23; one whose function holds something is not, before it fires.)
func makeArmedTimers(repaired bool) worker {
	return func() {
		watchdog := watch()
		if repaired {
			watchdog.Stop() // the repair: what is done is no longer watched
		}
	}
}

//go:noinline
func watch() *time.Timer {
	request := make([]byte, 1024)
	return time.AfterFunc(time.Hour, func() { request[0] = 1 })
}
