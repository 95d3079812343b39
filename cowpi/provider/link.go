package provider

import (
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// The logs between router and mirrors (SPEC.md, section 9.4). The router writes
// one log for all its mirrors, each mirror one for the router. A message has a
// number, from 1, and the log a running digest. It is kept until everybody has
// acknowledged it, sent again after a reconnection, and taken exactly once.
//
// A mirror also keeps what it took until the router says that all mirrors have
// it: if the router is restored from a backup, the other mirrors get it from there.

// outlog is the log that we write.
type outlog struct{ v store.View }

// logState says where an outlog stands: messages first to last are kept.
type logState struct {
	first, last uint64
	before      suite.Hash // the digest just before first
	digest      suite.Hash // the digest at last
}

var (
	keyOut   = key(tabLink, []byte("o")) //          -> logState
	keyOutM  = key(tabLink, []byte("m")) // number   -> digest, message
	keyAcked = key(tabLink, []byte("a")) // mirror   -> number
	keyIn    = key(tabLink, []byte("i")) // mirror   -> number, digest
	keyTail  = key(tabLink, []byte("t")) // number   -> digest, message
)

func numbered(prefix []byte, n uint64) []byte {
	return append(append([]byte(nil), prefix...), be64(n)...)
}

func (l outlog) state() (logState, error) {
	raw, err := l.v.Get(keyOut)
	if err != nil || raw == nil {
		return logState{first: 1}, err
	}
	r := reader("log", raw)
	st := logState{r.U64("first"), r.U64("last"), wire.Array32[suite.Hash](r, "before"), wire.Array32[suite.Hash](r, "digest")}
	return st, stored(r)
}

func saveState(d *store.Draft, st logState) {
	d.Put(keyOut, record(80).U64(st.first).U64(st.last).Fixed(st.before[:]).Fixed(st.digest[:]).Bytes())
}

// digestAfter is the running digest.
func digestAfter(s suite.Suite, before suite.Hash, message []byte) suite.Hash {
	return s.Hash("provider log", before[:], message)
}

// append stages a message and returns its number.
func (l outlog) append(s suite.Suite, d *store.Draft, message []byte) (uint64, error) {
	st, err := outlog{d}.state()
	if err != nil {
		return 0, err
	}
	st.last++
	st.digest = digestAfter(s, st.digest, message)
	d.Put(numbered(keyOutM, st.last), append(st.digest[:], message...))
	saveState(d, st)
	return st.last, nil
}

// get returns a kept message and the digest at it.
func (l outlog) get(n uint64) (message []byte, digest suite.Hash, err error) {
	return getLogged(l.v, keyOutM, n)
}

func getLogged(v store.View, prefix []byte, n uint64) ([]byte, suite.Hash, error) {
	raw, err := v.Get(numbered(prefix, n))
	if err != nil {
		return nil, suite.Hash{}, err
	}
	if len(raw) < suite.KeySize {
		return nil, suite.Hash{}, fault.Bugf("message %d of the log is gone", n)
	}
	return raw[suite.KeySize:], suite.Hash(raw), nil
}

// digestAt is the digest at a number from first-1 to last.
func (l outlog) digestAt(st logState, n uint64) (suite.Hash, error) {
	if n == st.first-1 {
		return st.before, nil
	}
	_, h, err := l.get(n)
	return h, err
}

// acked returns up to what number a peer has acknowledged.
func (l outlog) acked(peer int) (uint64, error) {
	return number(l.v, append(append([]byte(nil), keyAcked...), byte(peer)))
}

// stable returns up to what number all peers, from first to last, have acknowledged.
func (l outlog) stable(first, last int) (uint64, error) {
	var low uint64
	for peer := first; peer <= last; peer++ {
		n, err := l.acked(peer)
		if err != nil {
			return 0, err
		}
		if peer == first || n < low {
			low = n
		}
	}
	return low, nil
}

// ack stages the acknowledgement of a peer, one of first to last, and drops what
// nobody needs any more. A number that goes back changes nothing; one beyond the
// log is evidence under M1.
func (l outlog) ack(d *store.Draft, peer int, n uint64, first, last int) error {
	l = outlog{d}
	st, err := l.state()
	if err != nil {
		return err
	}
	if n > st.last {
		return fault.Refute(fault.M1, "message %d is acknowledged, %d is the last", n, st.last)
	}
	old, err := l.acked(peer)
	if err != nil || n <= old {
		return err
	}
	d.Put(append(append([]byte(nil), keyAcked...), byte(peer)), be64(n))
	stable, err := l.stable(first, last)
	if err != nil || stable < st.first {
		return err
	}
	if _, st.before, err = l.get(stable); err != nil {
		return err
	}
	for ; st.first <= stable; st.first++ {
		d.Delete(numbered(keyOutM, st.first))
	}
	saveState(d, st)
	return nil
}

// inlog is the log that a peer writes, as far as we took it.
type inlog struct {
	v    store.View
	peer int
}

func (l inlog) key() []byte { return append(append([]byte(nil), keyIn...), byte(l.peer)) }

// at returns the number and digest of the last message taken.
func (l inlog) at() (uint64, suite.Hash, error) {
	raw, err := l.v.Get(l.key())
	if err != nil || raw == nil {
		return 0, suite.Hash{}, err
	}
	r := reader("log position", raw)
	n, h := r.U64("number"), wire.Array32[suite.Hash](r, "digest")
	return n, h, stored(r)
}

func (l inlog) set(d *store.Draft, n uint64, h suite.Hash) {
	d.Put(l.key(), record(40).U64(n).Fixed(h[:]).Bytes())
}

// take stages that a message was taken. fresh is false for one that was taken
// before; a gap is evidence under M1.
func (l inlog) take(s suite.Suite, d *store.Draft, n uint64, message []byte) (fresh bool, err error) {
	at, h, err := inlog{d, l.peer}.at()
	switch {
	case err != nil || n <= at:
		return false, err
	case n != at+1:
		return false, fault.Refute(fault.M1, "message %d follows %d", n, at)
	}
	l.set(d, n, digestAfter(s, h, message))
	return true, nil
}

// keepTail stages a taken message for others, and drops those that all have, but
// for the last of these: its digest is where the others begin.
func keepTail(d *store.Draft, n uint64, h suite.Hash, message []byte, stable uint64) error {
	d.Put(numbered(keyTail, n), append(h[:], message...))
	var old [][]byte
	err := d.Scan(keyTail, numbered(keyTail, stable), func(k, _ []byte) bool {
		old = append(old, k)
		return true
	})
	for _, k := range old {
		d.Delete(k)
	}
	return err
}
