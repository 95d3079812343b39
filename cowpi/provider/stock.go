package provider

import (
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// stockNo is the place of a prekey in its owner's stock: batch, then position in
// the batch. It is the same at every provider whose batches are the same, which
// a running number would not be once a single batch had differed.
type stockNo uint64

func newStockNo(batch uint32, pos int) stockNo { return stockNo(batch)<<16 | stockNo(pos) }
func (n stockNo) batch() uint32                { return uint32(n >> 16) }
func (n stockNo) pos() int                     { return int(n & 0xffff) }
func (n stockNo) encode(w *wire.Writer)        { w.U32(n.batch()).U16(uint16(n.pos())) }
func readStockNo(r *wire.Reader) stockNo {
	return newStockNo(r.U32("batch"), int(r.U16("position")))
}

// run is count prekeys in a row, of one batch: large groups take long runs of
// each stock, so that what is picked stays small on the wire and in the store.
type run struct {
	first stockNo
	count int
}

const (
	runSize = 8
	maxRuns = 1 << 12
)

func (r run) end() stockNo { return r.first + stockNo(r.count) }

func encodeRuns(w *wire.Writer, runs []run) {
	w.Count(len(runs))
	for _, r := range runs {
		r.first.encode(w)
		w.U16(uint16(r.count))
	}
}

// readRuns reverses encodeRuns: runs are in order, do not touch, and stay within
// their batches.
func readRuns(r *wire.Reader) []run {
	n := r.Count("runs", maxRuns, runSize)
	runs := make([]run, 0, n)
	for range n {
		x := run{readStockNo(r), int(r.U16("count"))}
		if r.Failed() {
			return nil
		}
		if x.count == 0 || x.first.pos()+x.count > exchange.MaxPrekeys {
			r.Fail("runs", "run of %d at %d", x.count, x.first.pos())
			return nil
		}
		if len(runs) > 0 && runs[len(runs)-1].end() >= x.first {
			r.Fail("runs", "not in order")
			return nil
		}
		runs = append(runs, x)
	}
	return runs
}

func countRuns(runs []run) (n int) {
	for _, r := range runs {
		n += r.count
	}
	return n
}

// takeRuns takes the first n prekeys of runs whose batch is ready.
func takeRuns(runs []run, n int, ready func(batch uint32) (bool, error)) (taken, rest []run, err error) {
	for _, r := range runs {
		ok := false
		if n > 0 {
			if ok, err = ready(r.first.batch()); err != nil {
				return nil, nil, err
			}
		}
		if !ok {
			rest = append(rest, r)
			continue
		}
		k := min(n, r.count)
		n -= k
		taken = append(taken, run{r.first, k})
		if k < r.count {
			rest = append(rest, run{r.first + stockNo(k), r.count - k})
		}
	}
	return taken, rest, nil
}

// cutRuns removes all of cut from runs; false if some of it is not there.
func cutRuns(runs, cut []run) ([]run, bool) {
	out := make([]run, 0, len(runs)+len(cut))
	i := 0
	for _, r := range runs {
		for i < len(cut) && cut[i].first >= r.first && cut[i].end() <= r.end() {
			if cut[i].first > r.first {
				out = append(out, run{r.first, int(cut[i].first - r.first)})
			}
			r = run{cut[i].end(), int(r.end() - cut[i].end())}
			i++
		}
		if r.count > 0 {
			out = append(out, r)
		}
	}
	return out, i == len(cut)
}

// giveRuns puts runs back; neighbours are joined.
func giveRuns(runs, back []run) []run {
	all := append(slices.Clone(runs), back...)
	slices.SortFunc(all, func(a, b run) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	out := all[:0]
	for _, r := range all {
		if n := len(out); n > 0 && out[n-1].end() == r.first {
			out[n-1].count += r.count
		} else {
			out = append(out, r)
		}
	}
	return out
}

// eachNo lists the numbers of runs in order.
func eachNo(runs []run, yield func(i int, no stockNo)) {
	i := 0
	for _, r := range runs {
		for k := range r.count {
			yield(i, r.first+stockNo(k))
			i++
		}
	}
}

// owner is the state of one owner's stock and hand-out log.
type owner struct {
	held  uint32 // batches up to this one were uploaded, or skipped by a withdrawal
	asked uint32 // the owner asked to withdraw up to this batch
	log   uint64 // length of the hand-out log
	acked uint64 // what the owner has processed of it
	low   bool   // below the floor
	free  []run  // neither handed out nor reserved
}

func (o owner) encode() []byte {
	w := record(32 + runSize*len(o.free)).U32(o.held).U32(o.asked).U64(o.log).U64(o.acked).Bool(o.low)
	encodeRuns(w, o.free)
	return w.Bytes()
}

func parseOwner(raw []byte) (owner, error) {
	r := reader("owner", raw)
	o := owner{r.U32("held"), r.U32("asked"), r.U64("log"), r.U64("acked"), r.Bool("low"), readRuns(r)}
	return o, stored(r)
}

// loadOwner reads the stock of an owner; there is always one, perhaps empty.
func loadOwner(v store.View, id identity.ID) (owner, error) {
	raw, err := v.Get(key(tabOwner, id.Field()))
	if err != nil || raw == nil {
		return owner{}, err
	}
	return parseOwner(raw)
}

func saveOwner(d *store.Draft, id identity.ID, o owner) { d.Put(key(tabOwner, id.Field()), o.encode()) }

// batch is what is known of one uploaded batch.
type batch struct {
	digest suite.Hash
	live   int // prekeys that are free, reserved, fetched, or assigned and not yet told to all
}

func batchKey(tab byte, owner identity.ID, n uint32) []byte { return key(tab, owner.Field(), be32(n)) }

func loadBatch(v store.View, owner identity.ID, n uint32) (b batch, ok bool, err error) {
	raw, err := v.Get(batchKey(tabBatch, owner, n))
	if err != nil || raw == nil {
		return batch{}, false, err
	}
	b, err = parseBatch(raw)
	return b, err == nil, err
}

func parseBatch(raw []byte) (batch, error) {
	r := reader("batch", raw)
	b := batch{wire.Array32[suite.Hash](r, "digest"), int(r.U32("live"))}
	return b, stored(r)
}

func (b batch) encode() []byte { return record(36).Fixed(b.digest[:]).U32(uint32(b.live)).Bytes() }

// retire counts prekeys of an owner as gone for good, and drops batches of which
// none is left.
func (s *step) retire(owner identity.ID, runs []run) error {
	for i := 0; i < len(runs); {
		n, count := runs[i].first.batch(), 0
		for ; i < len(runs) && runs[i].first.batch() == n; i++ {
			count += runs[i].count
		}
		b, ok, err := loadBatch(s.d, owner, n)
		if err != nil {
			return err
		}
		if !ok || b.live < count {
			return fault.Bugf("batch %d of %q has %d live prekeys, %d retire", n, owner, b.live, count)
		}
		if b.live -= count; b.live > 0 {
			s.d.Put(batchKey(tabBatch, owner, n), b.encode())
			continue
		}
		s.d.Delete(batchKey(tabBatch, owner, n))
		s.d.Delete(batchKey(tabPrekeys, owner, n))
		if s.Router() {
			s.d.Delete(batchKey(tabReady, owner, n))
		}
	}
	return nil
}

const prekeySize = 8 + suite.KeySize

func encodePrekeys(list []exchange.Prekey) []byte {
	w := wire.NewWriter(prekeySize * len(list))
	for i := range list {
		w.Fixed(list[i].ID[:]).Fixed(list[i].Y[:])
	}
	return w.Bytes()
}

func prekeyAt(raw []byte, pos int) (exchange.Prekey, bool) {
	if len(raw) < (pos+1)*prekeySize {
		return exchange.Prekey{}, false
	}
	raw = raw[pos*prekeySize:]
	return exchange.Prekey{ID: pair.KeyID(raw[:8]), Y: suite.Point(raw[8:prekeySize])}, true
}

// prekey looks up one prekey; it must be live.
func prekey(v store.View, owner identity.ID, no stockNo) (exchange.Prekey, error) {
	raw, err := v.Get(batchKey(tabPrekeys, owner, no.batch()))
	if err != nil {
		return exchange.Prekey{}, err
	}
	k, ok := prekeyAt(raw, no.pos())
	if !ok {
		return exchange.Prekey{}, fault.Bugf("prekey %d of %q is gone", no, owner)
	}
	return k, nil
}

// ready says whether a batch is in stock: to the router, when every mirror has
// confirmed the same; a mirror leaves that to the router and only looks whether
// it holds it itself.
func (s *step) ready(owner identity.ID) func(n uint32) (bool, error) {
	return func(n uint32) (bool, error) {
		if !s.Router() || s.mirrors() == 0 {
			return true, nil
		}
		raw, err := s.d.Get(batchKey(tabReady, owner, n))
		return raw != nil, err
	}
}

// pick takes n prekeys of an owner in upload order; ok is false, and nothing is
// taken, if there are not so many.
func (s *step) pick(id identity.ID, n int) (runs []run, ok bool, err error) {
	o, err := loadOwner(s.d, id)
	if err != nil {
		return nil, false, err
	}
	taken, rest, err := takeRuns(o.free, n, s.ready(id))
	if err != nil || countRuns(taken) < n {
		return nil, false, err
	}
	o.free = rest
	err = s.stockFell(id, &o, n)
	saveOwner(s.d, id, o)
	return taken, true, err
}

// take takes named prekeys of an owner; false, and nothing is taken, if one of
// them is not free.
func (s *step) take(id identity.ID, runs []run) (bool, error) {
	o, err := loadOwner(s.d, id)
	if err != nil {
		return false, err
	}
	rest, ok := cutRuns(o.free, runs)
	if !ok {
		return false, nil
	}
	o.free = rest
	err = s.stockFell(id, &o, countRuns(runs))
	saveOwner(s.d, id, o)
	return true, err
}

// give puts prekeys back that were taken for an upload that was not committed.
func (s *step) give(id identity.ID, runs []run) error {
	o, err := loadOwner(s.d, id)
	if err != nil {
		return err
	}
	o.free = giveRuns(o.free, runs)
	o.low = o.low && countRuns(o.free) < s.cfg.Limits.LowStock
	saveOwner(s.d, id, o)
	return nil
}

// stockFell tells the owner when the stock, by taken prekeys, falls below the
// floor; and again at each half of that: the owner may have a lower floor of its
// own.
func (s *step) stockFell(id identity.ID, o *owner, taken int) error {
	n := countRuns(o.free)
	limit := s.cfg.Limits.LowStock
	if n >= limit {
		return nil
	}
	tell := !o.low
	for limit /= 2; limit > n; limit /= 2 {
		tell = tell || limit <= n+taken
	}
	o.low = true
	if tell {
		return s.toUser(id, exchange.LowStock{Count: uint32(n)})
	}
	return nil
}
