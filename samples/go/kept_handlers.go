package main

// -leak method: a method value, session.onMessage, holds its receiver; the dispatcher that keeps one keeps the session.
type session struct {
	history [1024]byte
	seen    int
}

//go:noinline
func openSession() *session { return &session{} }

func (s *session) onMessage(topic string) { s.seen += len(topic) }

type dispatcher struct {
	handlers map[int]func(string)
	next     int
}

func (d *dispatcher) register(handler func(string)) int {
	d.next++
	d.handlers[d.next] = handler
	return d.next
}

func makeKeptHandlers(repaired bool) worker {
	d := &dispatcher{handlers: map[int]func(string){}}
	return func() {
		number := d.register(openSession().onMessage)
		if repaired {
			delete(d.handlers, number) // the repair: closing a session unregisters its handlers
		}
	}
}
