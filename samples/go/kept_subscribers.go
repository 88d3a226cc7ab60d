package main

// -leak channel: a subscriber that leaves is forgotten by itself, but not by the hub, which keeps its channel.
func makeKeptSubscribers(repaired bool) worker {
	hub := map[int]chan [16]byte{}
	next := 0
	return func() {
		next++
		hub[next] = subscribe()
		if repaired {
			delete(hub, next) // the repair: who leaves is taken out
		}
	}
}

//go:noinline
func subscribe() chan [16]byte {
	return make(chan [16]byte, 128)
}
