package main

import "bytes"

// -leak slice: eight bytes of each packet are remembered; as a part of the packet they keep all of it.
func makeKeptArrays(repaired bool) worker {
	remembered := make([][]byte, 0, 1<<20)
	return func() {
		head := readPacket()[:8]
		if repaired {
			head = append([]byte(nil), head...) // the repair: a copy of what is needed
			if len(remembered) > 0 && bytes.Equal(remembered[0], head) {
				return // and each but once
			}
		}
		remembered = append(remembered, head)
	}
}

//go:noinline
func readPacket() []byte { return make([]byte, 4096) }
