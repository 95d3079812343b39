package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"cowpi.example/cowpi/identity"
)

// rows keeps the indices that will be drawn: the first ones, those where something
// happened, and the last ones. Of the others it remembers for a while what is needed
// to notice that something late differs.
type rows struct {
	kept   map[uint64]*Row
	recent []uint64 // of kept: those that are let go when newer ones come
	pinned map[uint64]bool
	head   int // how many of the first are kept
	tail   int // how many of the last
	pins   int // how many others
	made   int
	any    bool
	top    uint64 // the highest index there was

	prints    *recent[uint64, print]
	forgotten uint64 // below this, prints may have been let go
	unchecked uint64 // things that came for such an index
	ghosts    int    // rows that differ and could not be kept
	silent    func(*Row) []identity.ID
}

// maxPrints bounds memory to some megabytes for each conversation.
const maxPrints = 1 << 16

func newRows(n int, silent func(*Row) []identity.ID) *rows {
	r := &rows{kept: map[uint64]*Row{}, pinned: map[uint64]bool{}, head: n / 4, tail: n / 2, pins: n / 4,
		prints: newRecent[uint64, print](maxPrints), silent: silent}
	r.prints.dropped = func(i uint64, _ print) { r.forgotten = max(r.forgotten, i+1) }
	return r
}

// at finds or begins a row; nil if it was let go.
func (k *rows) at(index uint64) *Row {
	if r := k.kept[index]; r != nil {
		return r
	}
	if _, gone := k.prints.get(index); gone || k.any && index < k.forgotten {
		return nil
	}
	return k.begin(index)
}

func (k *rows) begin(index uint64) *Row {
	r := &Row{Index: index}
	k.kept[index] = r
	k.made++
	k.top, k.any = max(k.top, index), true
	if k.made > k.head {
		k.recent = append(k.recent, index)
		if len(k.recent) > k.tail {
			k.let(k.recent[0])
			k.recent = k.recent[1:]
		}
	}
	return r
}

// pin keeps a row of which something is to be told, as long as there is room.
func (k *rows) pin(r *Row) bool {
	if k.pinned[r.Index] {
		return true
	}
	if len(k.pinned) < k.pins {
		k.pinned[r.Index] = true
		return true
	}
	// The first difference is what matters most: it displaces the last one.
	last, found := uint64(0), false
	for i := range k.pinned {
		if !found || i > last {
			last, found = i, true
		}
	}
	if !found || !r.Differs || r.Index > last {
		return false
	}
	delete(k.pinned, last)
	if !slices.Contains(k.recent, last) && len(k.kept) > k.head+k.tail+k.pins {
		delete(k.kept, last)
		k.ghosts++
	}
	k.pinned[r.Index] = true
	return true
}

// let lets a row go, unless something is to be told of it.
func (k *rows) let(index uint64) {
	r := k.kept[index]
	if r == nil {
		return
	}
	if !r.Differs && differs(r, k.silent(r)) != nil {
		r.Differs = true
	}
	change := slices.ContainsFunc(r.Variants, func(v *Variant) bool { return v.Entry.Type == "SETUP" || v.Entry.Type == "UPDATE" })
	if (r.Differs || change) && k.pin(r) || k.pinned[index] {
		return
	}
	if r.Differs {
		k.ghosts++
	}
	var p print
	if vs := delivered(r); len(vs) > 0 {
		p.delivery = deliveryPrint(vs[0])
	}
	for _, s := range r.Sights {
		if s.shown {
			p.sight = sightPrint(s)
			break
		}
	}
	delete(k.kept, index)
	k.prints.put(index, p)
}

// late gives the row for something that came after its row was let go: nil if it
// says what the others said, or if nobody knows any more what they said.
func (k *rows) late(index uint64, mine func(*print) *[8]byte, value [8]byte) *Row {
	p, ok := k.prints.get(index)
	if !ok {
		k.unchecked++
		return nil
	}
	theirs := mine(&p)
	if *theirs == ([8]byte{}) {
		*theirs = value
		k.prints.put(index, p)
		return nil
	}
	if *theirs == value {
		return nil
	}
	r := &Row{Index: index, Partial: true, Differs: true}
	if !k.pin(r) {
		k.ghosts++
		return nil
	}
	k.kept[index] = r
	return r
}

// delivered puts a delivery into its row.
func (k *rows) delivered(index uint64, v *Variant, d *Delivery, lanes int) []*bool {
	r := k.at(index)
	if r == nil {
		if r = k.late(index, func(p *print) *[8]byte { return &p.delivery }, deliveryPrint(v)); r == nil {
			return nil
		}
	}
	known := false
	for _, o := range r.Variants {
		if o.data == v.data && o.before == v.before {
			v, known = o, true
			break
		}
	}
	if !known {
		if len(r.Variants) >= 32 {
			r.More++
			return nil
		}
		r.Variants = append(r.Variants, v)
		if len(r.Variants) > 1 && !r.Differs {
			r.Differs = true
			k.pin(r)
		}
	}
	v.Count++
	d.Variant = v
	for _, o := range r.Deliveries {
		if o.To != d.To || o.Variant != v {
			continue
		}
		if o.own != d.own && !o.Prime {
			d.Prime = true
		}
		if o.From == d.From && o.own == d.own {
			o.Times++
			v.Count--
			return []*bool{&o.Arrived}
		}
	}
	if d.Prime && !r.Differs {
		r.Differs = true
		k.pin(r)
	}
	if limit := 64 * lanes; len(r.Deliveries) >= limit && !d.Prime && v == r.Variants[0] || len(r.Deliveries) >= 4*limit {
		r.More++
		return nil
	}
	d.Times = 1
	r.Deliveries = append(r.Deliveries, d)
	return []*bool{&d.Arrived}
}

// sighted puts what somebody was shown into its row.
func (k *rows) sighted(index uint64, s *Sight, lanes int) {
	r := k.at(index)
	if r == nil {
		if r = k.late(index, func(p *print) *[8]byte { return &p.sight }, sightPrint(s)); r == nil {
			return
		}
	}
	first := -1
	for i, o := range r.Sights {
		if o.Who == s.Who && !o.shown {
			s.Stopped = append(s.Stopped, o.Stopped...)
			r.Sights = slices.Delete(r.Sights, i, i+1)
			break
		}
	}
	first = slices.IndexFunc(r.Sights, func(o *Sight) bool { return o.shown })
	if first >= 0 && !same(r.Sights[first], s) {
		if !r.Differs {
			r.Differs = true
			k.pin(r)
		}
	} else if len(r.Sights) >= 8*lanes {
		return
	}
	if len(r.Sights) < 32*lanes {
		r.Sights = append(r.Sights, s)
	}
}

// list gives the rows that are drawn, in order, each with how many are missing before it.
func (k *rows) list() []*Row {
	out := slices.SortedFunc(maps.Values(k.kept), func(a, b *Row) int { return cmp.Compare(a.Index, b.Index) })
	for i, r := range out {
		if i > 0 {
			r.Skipped = r.Index - out[i-1].Index - 1
		} else {
			r.Skipped = r.Index
		}
	}
	return out
}

// left says what the rows do not show.
func (k *rows) left() (out []string) {
	if k.unchecked > 0 {
		out = append(out, fmt.Sprintf("%s came so late that they could not be compared with what others got at that index; a difference there shows at later indices, because each delivery holds a digest of all before it.",
			count(k.unchecked, "delivery or event", "deliveries or events")))
	}
	if k.ghosts > 0 {
		out = append(out, fmt.Sprintf("%s more that differ are not drawn.", count(uint64(k.ghosts), "index", "indices")))
	}
	return out
}
