package show

import (
	"crypto/sha256"
	"slices"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
)

// This file alone decides what counts as a difference.

// same says whether two participants were shown the same at one index. A text that
// came again is, for one who joined in between, a text that comes for the first time.
func same(a, b *Sight) bool {
	x, y := a.Saw, b.Saw
	if x.Party != y.Party || x.Epoch != y.Epoch {
		return false
	}
	again := func(w transcript.What) bool { return w == transcript.Repeat }
	text := func(w transcript.What) bool { return w == transcript.Text || w == transcript.Repeat }
	switch {
	case text(x.What) && text(y.What):
		return x.ID == y.ID && (again(x.What) || again(y.What) || a.textHash == b.textHash)
	case x.What != y.What:
		return false
	case x.What == transcript.Roster:
		return slices.Equal(x.Members, y.Members)
	}
	return true
}

// groups puts sights together that are the same, in their order.
func groups(sights []*Sight) (out [][]*Sight) {
next:
	for _, s := range sights {
		if !s.shown {
			continue
		}
		for i, g := range out {
			if same(g[0], s) {
				out[i] = append(out[i], s)
				continue next
			}
		}
		out = append(out, []*Sight{s})
	}
	return out
}

// delivered lists the variants of a row that anybody delivered.
func delivered(r *Row) (out []*Variant) {
	for _, v := range r.Variants {
		if v.Count > 0 {
			out = append(out, v)
		}
	}
	return out
}

// differs says how things part at one index, or nil. silent are those who took part
// before and after this index and were shown nothing at it; of a partial row nobody
// knows that.
func differs(r *Row, silent []identity.ID) *Difference {
	d := &Difference{Index: r.Index, row: r}
	if r.Partial {
		silent = nil
	}
	if vs := delivered(r); len(vs) > 1 {
		d.Deliveries = vs
	}
	for _, c := range r.Deliveries {
		d.Primes = d.Primes || c.Prime
	}
	gs := groups(r.Sights)
	if len(gs) > 0 {
		d.Silent = silent
	}
	if len(gs) > 1 || len(d.Silent) > 0 {
		d.Sights = gs
	}
	if d.Deliveries == nil && !d.Primes && d.Sights == nil && !r.Partial {
		return nil
	}
	d.Noticed = r.Stops
	return d
}

// print is what is remembered of a row that is not kept: enough to notice that what
// comes later differs.
type print struct {
	delivery [8]byte // zero: none
	sight    [8]byte
}

func deliveryPrint(v *Variant) [8]byte {
	h := sha256.Sum256(append(v.data[:], v.before[:]...))
	h[0] |= 1 // never zero
	return [8]byte(h[:8])
}

// sightPrint leaves out what same forgives.
func sightPrint(s *Sight) [8]byte {
	b := append([]byte(s.Saw.Party), 0, byte(s.Saw.What))
	switch s.Saw.What {
	case transcript.Text, transcript.Repeat:
		b[len(b)-1] = byte(transcript.Text)
		b = append(b, s.Saw.ID[:]...)
	case transcript.Roster:
		for _, m := range s.Saw.Members {
			b = append(append(b, m.ID...), m.Key[:]...)
		}
	}
	h := sha256.Sum256(b)
	h[0] |= 1
	return [8]byte(h[:8])
}
