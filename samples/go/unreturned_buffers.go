package main

// -leak pool: buffers come from a pool that owns all of them; a message that fails returns early and gives none back.
type bufferPool struct {
	all, free []*[512]byte
}

//go:noinline
func (p *bufferPool) makeBuffer() *[512]byte {
	buffer := new([512]byte)
	p.all = append(p.all, buffer)
	return buffer
}

func (p *bufferPool) take() *[512]byte {
	if len(p.free) == 0 {
		return p.makeBuffer()
	}
	buffer := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	return buffer
}

func (p *bufferPool) give(buffer *[512]byte) { p.free = append(p.free, buffer) }

func makeUnreturnedBuffers(repaired bool) worker {
	pool := &bufferPool{all: make([]*[512]byte, 0, 1<<20)}
	number := 0
	return func() {
		buffer := pool.take()
		number++
		if repaired {
			defer pool.give(buffer) // the repair: given back on every way out
		}
		if number%2 == 1 {
			return // the leak: a message that cannot be encoded
		}
		if !repaired {
			pool.give(buffer)
		}
	}
}
