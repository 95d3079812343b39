package cowpitest

import (
	"cowpi.example/cowpi"
	"cowpi.example/cowpi/provider"
)

// wire is a connection between two nodes: two queues of messages, each in order.
// a is a user or the router, b a provider.
type wire struct {
	a, b    string
	aConn   provider.ConnID // how a calls it, if a is the router
	bConn   provider.ConnID
	toA     [][]byte
	toB     [][]byte
	aClosed bool // a has still to be told that the wire is cut
	bClosed bool
	dead    bool
	number  uint64
	told    bool // the tap knows that it is gone
}

// lay makes a wire.
func (n *Net) lay(w *wire) *wire {
	n.joined++
	w.number = n.joined
	n.wires = append(n.wires, w)
	if n.opt.Tap != nil {
		n.opt.Tap.Connected(w.number, w.a, w.b)
	}
	return w
}

func (n *Net) push(w *wire, from string, b []byte) {
	if w.dead {
		return
	}
	if from == w.a {
		w.toB = append(w.toB, b)
	} else {
		w.toA = append(w.toA, b)
	}
	if n.opt.Tap != nil {
		n.opt.Tap.Sent(w.number, from == w.a, b)
	}
}

// wire returns the live wire from a to b, or nil.
func (n *Net) wire(a, b string) *wire {
	for _, w := range n.wires {
		if !w.dead && w.a == a && w.b == b {
			return w
		}
	}
	return nil
}

// wireOf returns the live wire that a provider calls conn, or nil.
func (n *Net) wireOf(p *Provider, conn provider.ConnID) *wire {
	for _, w := range n.wires {
		if !w.dead && (w.b == p.name() && w.bConn == conn || w.a == p.name() && w.aConn == conn) {
			return w
		}
	}
	return nil
}

// cut breaks a wire; what is on it is lost. by is who knows already.
func (n *Net) cut(w *wire, by string) {
	if w == nil || w.dead {
		return
	}
	w.dead, w.toA, w.toB = true, nil, nil
	w.aClosed, w.bClosed = w.a != by, w.b != by
	if !n.leaving {
		n.gone(w)
	}
}

func (n *Net) arrived(w *wire, toServer bool, b []byte) {
	if n.opt.Tap != nil {
		n.opt.Tap.Delivered(w.number, toServer, b)
	}
}

// gone tells the tap that a wire is cut and nothing is on it any more.
func (n *Net) gone(w *wire) {
	if n.opt.Tap != nil && w.dead && !w.told && len(w.toA)+len(w.toB) == 0 {
		w.told = true
		n.opt.Tap.Closed(w.number)
	}
}

// connect joins a user to provider i.
func (n *Net) connect(u *User, i int) error {
	p := n.serving(u, i)
	n.conns++
	w := n.lay(&wire{a: string(u.Self.ID), b: p.name(), bConn: n.conns})
	if err := n.stepProvider(p, provider.Opened{Conn: w.bConn}); err != nil {
		return err
	}
	_, err := n.stepUser(u, cowpi.LinkUp{Provider: i})
	return err
}

// join joins the router to a mirror, as the router asked.
func (n *Net) join(mirror int) error {
	delete(n.dials, mirror)
	n.conns += 2
	w := n.lay(&wire{a: n.Providers[0].name(), b: n.Providers[mirror].name(), aConn: n.conns - 1, bConn: n.conns})
	if err := n.stepProvider(n.Providers[mirror], provider.Opened{Conn: w.bConn}); err != nil {
		return err
	}
	return n.stepProvider(n.Providers[0], provider.LinkUp{Mirror: mirror, Conn: w.aConn})
}

// serving is the machine that serves a user as provider i.
func (n *Net) serving(u *User, i int) *Provider {
	if c := n.routing[u.Self.ID]; i == 0 && c != nil {
		return c
	}
	return n.Providers[i]
}

// node returns the user or the provider with a name.
func (n *Net) node(name string) (*User, *Provider) {
	for _, p := range append(append([]*Provider(nil), n.Providers...), n.clones...) {
		if p.name() == name {
			return nil, p
		}
	}
	return n.User(name), nil
}

// tellClosed tells one end that a wire is gone.
func (n *Net) tellClosed(w *wire, toA bool) error {
	name, conn := w.b, w.bConn
	if toA {
		w.aClosed = false
		name, conn = w.a, w.aConn
	} else {
		w.bClosed = false
	}
	u, p := n.node(name)
	if p != nil {
		return n.stepProvider(p, provider.Closed{Conn: conn})
	}
	if n.wire(w.a, w.b) != nil {
		return nil // connected again meanwhile
	}
	_, err := n.stepUser(u, cowpi.LinkDown{Provider: n.position(w.b)})
	return err
}

// position is the place of a provider in the set; copies have that of the router.
func (n *Net) position(name string) int {
	for i, p := range n.Providers {
		if p.name() == name {
			return i
		}
	}
	return 0
}

// deliver hands over the first message of one direction of a wire.
func (n *Net) deliver(w *wire, toA bool) error {
	queue, from, to, conn := &w.toB, w.a, w.b, w.bConn
	if toA {
		queue, from, to, conn = &w.toA, w.b, w.a, w.aConn
	}
	b := (*queue)[0]
	*queue = (*queue)[1:]
	n.arrived(w, !toA, b)
	n.gone(w)
	u, p := n.node(to)
	if p != nil {
		p.Effort.Received += len(b)
		return n.stepProvider(p, provider.Received{Conn: conn, Bytes: b})
	}
	u.Effort.Received += len(b)
	_, err := n.stepUser(u, cowpi.Received{Provider: n.position(from), Bytes: b})
	return err
}
