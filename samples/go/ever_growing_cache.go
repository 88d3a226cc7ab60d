package main

// -leak cache: what has been seen is remembered, and nothing is ever forgotten.
func makeEverGrowingCache(repaired bool) worker {
	const most = 64
	seen := map[int]*[256]byte{}
	next := 0
	return func() {
		next++
		seen[next] = remember()
		if repaired {
			delete(seen, next-most) // the repair: a bound, the oldest goes
		}
	}
}

//go:noinline
func remember() *[256]byte { return new([256]byte) }
