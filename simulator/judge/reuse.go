package judge

import (
	"bytes"
	"fmt"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// judgeReuse looks for values that should be fresh and occur in two places, and
// for secrets that lie open.
func judgeReuse(e Evidence) Opinion {
	st := e.story()
	o := origins{first: map[string]string{}}
	for _, m := range st.all {
		o.wire(m)
		switch x := m.message.(type) {
		case exchange.Prekeys:
			for _, k := range x.List {
				batch := fmt.Sprintf("batch %d of %s", x.Batch, m.from)
				o.note("key", fmt.Sprintf("prekey %x of %s", k.ID, batch), k.Y[:])
				o.note("id of "+string(m.from), fmt.Sprintf("key %x of %s", k.Y, batch), k.ID[:])
			}
		case exchange.Fetch:
			o.note("id", fmt.Sprintf("fetch of %s for %x", m.from, x.Sid[:4])+fmt.Sprint(x.IDs), x.ID[:])
		case exchange.Upload:
			o.upload(st, m, x)
		}
	}
	for _, r := range st.records {
		if s, ok := r.(transcript.Saw); ok && s.What == transcript.Text {
			o.note("id", fmt.Sprintf("the text of %s at %x, %d", s.Party, s.Sid[:4], s.Index), s.ID[:])
		}
	}
	o.open(e, st)
	return contradictions(o.out)
}

// origins remembers where each value was first seen.
type origins struct {
	first map[string]string
	out   []string
}

func (o *origins) note(kind, from string, value []byte) {
	key := kind + string(value)
	if old, ok := o.first[key]; ok && old != from {
		o.out = append(o.out, fmt.Sprintf("%x is the %s of both %s and %s", value, kind, old, from))
		return
	}
	o.first[key] = from
}

// wire notes the keys of a handshake.
func (o *origins) wire(m *said) {
	p := m.opened.Plain
	switch {
	case m.opened.Kind == transcript.Hello && len(m.bytes) == 32:
		o.note("key", m.String(), m.bytes)
	case m.opened.Kind == transcript.Handshake && len(p) >= 97 && len(m.bytes) > 32:
		o.note("key", m.String()+", sealed", p[len(p)-32:])
		if !m.toServer {
			o.note("key", m.String(), m.bytes[:32])
		}
	case m.opened.Kind == transcript.Renewal:
		for _, x := range dissect(m) {
			switch x.field {
			case "renewal msg1 E_c", "renewal msg2 E_s", "renewal msg2 Y", "renewal msg3 X":
				o.note("key", m.String()+", "+x.field, x.of(m))
			}
		}
	}
	if (m.opened.Kind == transcript.Data || m.opened.Kind == transcript.Renewal) && len(m.bytes) > 64 {
		o.note("end", m.String(), m.bytes[len(m.bytes)-suite.TagSize:])
	}
}

func (o *origins) upload(st *story, m *said, x exchange.Upload) {
	d, err := conversation.Parse(st.suite, x.Data)
	if err != nil {
		return
	}
	h, id := d.Hash(), x.ID(st.suite)
	from := fmt.Sprintf("data block %x of %s", h[:4], m.from)
	if d.Roster != nil {
		o.note("nonce", from, d.Nonce[:])
	}
	if d.Type == conversation.MSG {
		o.note("com", from, d.Com[:])
		o.note("seal", from, d.Sealed[max(0, len(d.Sealed)-suite.TagSize):])
	}
	for i, b := range x.Blocks {
		if hd, err := pair.ParseHeader(st.suite, b); err == nil && hd.Start {
			o.note("key", fmt.Sprintf("chain of %s in %x to its key %x", m.from, d.Sid[:4], hd.Ref.ID), hd.X[:])
		}
		o.note("seal", fmt.Sprintf("block %d of upload %x", i, id[:4]), b[len(b)-48:])
	}
	for i, a := range x.Auths {
		o.note("MAC", fmt.Sprintf("%d of upload %x under %x", i, id[:4], a.KeyID), a.MAC[:])
	}
}

// open looks for secrets in what was said and shown.
func (o *origins) open(e Evidence, st *story) {
	secrets := map[string][]byte{}
	for _, s := range e.known() {
		secrets["the long-term secret of "+string(s.ID)] = s.Secret[:]
	}
	if x := e.State; x != nil {
		if x.Key != ([32]byte{}) {
			secrets["k_m of the message"] = x.Key[:]
		}
		for _, b := range x.Blocks {
			secrets["a chain key to "+string(b.To)] = b.Chain[:]
			if b.Start != nil {
				secrets["esk of a chain to "+string(b.To)] = b.Start.ESK[:]
			}
			if b.Offered != nil {
				secrets["esk of a key for "+string(b.To)] = b.Offered.ESK[:]
			}
		}
		for i := range x.Auths {
			secrets[fmt.Sprint("authentication key ", i)] = x.Auths[i][:]
		}
	}
	if _, hides := fixedBits(e.suite(), randomSeal, 1); !hides {
		return // with a suite of tests that hides nothing, what is sealed lies open
	}
	for what, b := range secrets {
		for _, m := range st.all {
			if bytes.Contains(m.opened.Plain, b) {
				o.out = append(o.out, fmt.Sprintf("%s holds %s", m, what))
				break
			}
		}
		for _, r := range st.records {
			if s, ok := r.(transcript.Saw); ok && bytes.Contains(s.Text, b) {
				o.out = append(o.out, fmt.Sprintf("a text of %s holds %s", s.Party, what))
				break
			}
		}
	}
}
