package main

// -leak closure: an observer that captured a request is registered, and stays registered when the request is done.
func makeKeptObservers(repaired bool) worker {
	observers := map[int]func() byte{}
	next := 0
	return func() {
		next++
		observers[next] = observe(next)
		if repaired {
			delete(observers, next) // the repair: registering returns a way to unregister, and it is used
		}
	}
}

//go:noinline
func observe(id int) func() byte {
	payload := make([]byte, 2048)
	return func() byte { return payload[id%len(payload)] }
}
