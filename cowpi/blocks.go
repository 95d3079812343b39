package cowpi

import (
	"runtime"
	"sync"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// forkFrom is the number of recipients from which on blocks are made on several cores.
const forkFrom = 32

// job is the block of one recipient: what it needs and what comes out.
type job struct {
	peer       conversation.Entry
	selfJoin   uint32
	name       pairName
	fresh      *exchange.Prekey
	block      []byte
	newSend    []byte // records to store
	newReceive []byte // nil: unchanged
	err        error
}

// blocks makes the block of each recipient and stages the pairs after it. A pair
// that begins with this upload is kept under the upload's serial until it is
// accepted.
func (s *step) blocks(e entry, km suite.Key, serial uint64, keys []exchange.FetchedKey) ([][]byte, error) {
	recipients := conversation.Recipients(e.before.Roster, e.d)
	prekeys := make(map[identity.ID]*exchange.Prekey, len(keys))
	for i := range keys {
		prekeys[keys[i].ID] = &keys[i].Prekey
	}
	jobs := make([]job, len(recipients))
	pairs := conversation.PairsOf(e.before.Roster, e.d, s.self.ID)
	names := make([]byte, 0, 64*len(recipients)) // of all jobs, one after the other
	for i, id := range recipients {
		j := &jobs[i]
		me, peer, fresh := pairs.With(id)
		j.peer, j.selfJoin = peer, me.Joined
		at := len(names)
		if fresh {
			if j.fresh = prekeys[id]; j.fresh == nil {
				return nil, fault.Bugf("no prekey of %q was fetched", id)
			}
			names = appendPendingPair(names, e.d.Sid, serial, id)
		} else {
			names = appendActivePair(names, e.d.Sid, j.selfJoin, j.peer.Joined, id)
		}
		j.name = names[at:len(names):len(names)]
	}
	base := s.draws + 1
	s.draws += uint32(len(jobs))
	fork(len(jobs), func(i int) { jobs[i].run(s, e.d, km, base+uint32(i)) })
	out := make([][]byte, len(jobs))
	writes := len(jobs)
	for i := range jobs {
		if jobs[i].err != nil {
			return nil, jobs[i].err
		}
		if jobs[i].newReceive != nil {
			writes++
		}
	}
	s.draft.Grow(writes)
	for i := range jobs {
		j := &jobs[i]
		out[i] = j.block
		s.draft.Put(j.name.half(halfSend), j.newSend)
		if j.newReceive != nil {
			s.draft.Put(j.name.half(halfReceive), j.newReceive)
		}
	}
	return out, nil
}

// run makes one block. It only reads what jobs share, and its coins are its own by
// their index, so that the result does not depend on how jobs are scheduled.
func (j *job) run(s *step, d *conversation.DataBlock, km suite.Key, index uint32) {
	var st pair.State
	if j.fresh != nil {
		st.Send, j.err = st.Send.Assign(j.fresh.ID, j.fresh.Y)
	} else if st.Send, j.err = s.loadSend(j.name); j.err == nil && !st.Send.Continues() {
		st.Receive, j.err = s.loadReceive(j.name)
	}
	if j.err != nil {
		return
	}
	terms := pair.NewTerms(s.suite, s.self, j.peer.Party, d.Sid, j.selfJoin, j.peer.Joined)
	if s.corrupt.key != nil {
		km = s.corrupt.key(d, j.peer.ID, km)
	}
	sealed, err := terms.Seal(st, d.Hash(), km, s.coins, index)
	if err != nil {
		j.err = err
		return
	}
	j.block = sealed.Block
	j.newSend = sealed.State.Send.AppendRecord(make([]byte, 0, 128))
	if sealed.ReceiveChanged || j.fresh != nil {
		j.newReceive = sealed.State.Receive.AppendRecord(make([]byte, 0, 160))
	}
}

// fork calls f for 0 to n-1, on several cores if that pays. It is the one use of
// goroutines in the pure packages: they all end before it returns.
func fork(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if n < forkFrom || workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}
