package simulator

import (
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Variant says which chain keys are handed over with a message.
type Variant int

// The variants of SPEC.md, 15.4.
const (
	FromStart  Variant = iota // the key at the start of each chain: all of the chain follows from it
	JustBefore                // the key just before the message: what was before it stays dark
)

func (v Variant) String() string { return [...]string{"from the start", "just before"}[v] }

// Upload is one upload as it was sent by its author, encoded.
type Upload struct {
	Author identity.ID
	Bytes  []byte
}

// Uploads lists the uploads of a transcript in the order in which they were sent;
// one that was sent again with the same authentication once.
func Uploads(s suite.Suite, m *transcript.Memory) (out []Upload) {
	client := map[uint64]identity.ID{}
	seen := map[string]bool{}
	for _, r := range m.Records {
		switch r := r.(type) {
		case transcript.Connected:
			if client[r.Conn] = r.Client; m.Head.Providers != nil && r.Client == m.Head.Providers[0].ID {
				delete(client, r.Conn) // the router does not upload
			}
		case transcript.Sent:
			who, user := client[r.Conn]
			if !user || !r.ToServer || r.Opened.Kind != transcript.Data || seen[string(r.Opened.Plain)] {
				continue
			}
			if msg, err := exchange.Parse(s, r.Opened.Plain); err == nil {
				if _, ok := msg.(exchange.Upload); ok {
					seen[string(r.Opened.Plain)] = true
					out = append(out, Upload{who, r.Opened.Plain})
				}
			}
		}
	}
	return out
}

// Said returns the text in an upload that was written in the run; ok is false if it
// carries none.
func (w *Witness) Said(upload []byte) (text []byte, ok bool) {
	p, err := w.plan(upload)
	return p.said, err == nil && p.key != nil
}

// State tells the whole state of one message that was written in the run: what
// its author had, and throws away.
func (w *Witness) State(author identity.ID, upload []byte, v Variant) (transcript.MessageState, error) {
	st := transcript.MessageState{Author: author, Upload: upload}
	u, d, before, err := w.read(upload)
	if err != nil {
		return st, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	st.Setup = w.setups[d.Sid]
	if d.Type != conversation.SETUP {
		st.Roster = before.Bytes()
	}
	if d.Type == conversation.MSG {
		st.Key = w.keys[d.Com]
	}
	for i, to := range conversation.Recipients(before, d) {
		b, err := w.block(u.Blocks[i], v)
		if err != nil {
			return st, fmt.Errorf("simulator: the block for %s: %w", to, err)
		}
		b.To = to
		st.Blocks = append(st.Blocks, b)
	}
	for i, a := range u.Auths {
		ak, ok := w.named[a.KeyID]
		if !ok {
			return st, fmt.Errorf("simulator: the key of authentication block %d was not made in this run", i)
		}
		st.Auths = append(st.Auths, ak)
	}
	return st, nil
}

// read takes an upload apart; before is the roster that it was written under.
func (w *Witness) read(upload []byte) (u exchange.Upload, d *conversation.DataBlock, before *conversation.Roster, err error) {
	m, err := exchange.Parse(w.Suite, upload)
	if err != nil {
		return u, nil, nil, err
	}
	u, ok := m.(exchange.Upload)
	if !ok {
		return u, nil, nil, fmt.Errorf("simulator: %T is no upload", m)
	}
	if d, err = conversation.Parse(w.Suite, u.Data); err != nil {
		return u, nil, nil, err
	}
	if d.Type != conversation.SETUP {
		w.mu.RLock()
		raw := w.roster[d.RosterDigest]
		w.mu.RUnlock()
		if before, err = conversation.ParseRoster(w.Suite, raw); err != nil {
			return u, nil, nil, err
		}
	}
	if n := len(conversation.Recipients(before, d)); n != len(u.Blocks) {
		return u, nil, nil, fmt.Errorf("simulator: %d blocks for %d recipients", len(u.Blocks), n)
	}
	return u, d, before, nil
}

// block finds what a block was sealed with. The lock is held.
func (w *Witness) block(block []byte, v Variant) (b transcript.BlockState, err error) {
	h, err := pair.ParseHeader(w.Suite, block)
	if err != nil {
		return b, err
	}
	s, ok := w.blocks[string(block)]
	if !ok {
		return b, fmt.Errorf("it was not sealed in this run")
	}
	ck := w.marks[s.mk]
	at := w.places[ck]
	first := w.starts[at.first]
	if b.Chain = at.first; v == JustBefore {
		b.At, b.Chain = h.N, ck
	}
	if h.N == 0 {
		x := w.scalar[first.X]
		b.Start = &transcript.StartState{ESK: w.twists[x].esk, X: x, Named: first.Y}
	}
	if h.Start {
		R := suite.Point(s.plain[40:])
		r := w.scalar[R]
		b.Offered = &transcript.OwnState{ID: pair.KeyID(s.plain[32:]), ESK: w.twists[r].esk, Scalar: r}
	}
	return b, nil
}
