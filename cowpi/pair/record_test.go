package pair

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// full returns a state in which every field is in use.
func full(t require.TestingT) State {
	a, b := newCouple(t, suite.Default)
	say(t, a, b)
	say(t, b, a)
	say(t, a, b)
	a.open(t, b.seal(t))
	a.st.Receive.Chain = ReceiveChain{Ref{Session, KeyID{5}}, suite.Point{1}, suite.Key{2}, 3}
	for a.st.Receive.Held() < MaxSessions {
		a.st.Send.Theirs.Used = false
		a.st = sealOnce(t, a)
	}
	var err error
	a.st.Receive, err = a.st.Receive.Assign(KeyID{9}, suite.Coin{8}, suite.Point{7})
	require.NoError(t, err)
	return a.st
}

func sealOnce(t require.TestingT, p *person) State {
	out, err := p.terms.Seal(p.st, suite.Hash{}, suite.Key{}, p.coins(), 0)
	require.NoError(t, err)
	return out.State
}

func roundTrip(t require.TestingT, st State) {
	send, err := ParseSend(st.Send.AppendRecord(nil))
	require.NoError(t, err)
	require.Equal(t, st.Send, send)
	receive, err := ParseReceive(st.Receive.AppendRecord([]byte("x"))[1:])
	require.NoError(t, err)
	require.Equal(t, st.Receive, receive)
}

func TestRecordSizes(t *testing.T) {
	roundTrip(t, State{})
	st := full(t)
	roundTrip(t, st)
	require.Len(t, st.Send.AppendRecord(nil), 125)
	require.Len(t, st.Receive.AppendRecord(nil), 371)
	require.Equal(t, []byte{recordVersion, 0, 0}, Send{}.AppendRecord(nil))
	require.Equal(t, []byte{recordVersion, 0, 0}, Receive{}.AppendRecord(nil))
}

// W1: a record that no step can leave is refused whole; each line breaks one rule.
func TestW1RecordsThatCannotBe(t *testing.T) {
	good := full(t)
	for name, change := range map[string]func(*State){
		"used by no chain":      func(st *State) { st.Send.Theirs.Used, st.Send.Chain = true, SendChain{} },
		"used by another chain": func(st *State) { st.Send.Theirs.Used, st.Send.Theirs.Ref.ID = true, KeyID{1} },
		"chain without key":     func(st *State) { st.Send.Theirs = Theirs{} },
		"chain at 0":            func(st *State) { st.Send.Chain.N, st.Send.Chain.Floor, st.Send.Chain.Accepted = 0, 0, false },
		"floor above n":         func(st *State) { st.Send.Chain.Floor, st.Send.Chain.Accepted = st.Send.Chain.N+1, true },
		"floor too far below n": func(st *State) { st.Send.Chain.N = st.Send.Chain.Floor + MaxSkip + 1 },
		"accepted at no place":  func(st *State) { st.Send.Chain.Floor, st.Send.Chain.Accepted = 0, true },
		"a place not accepted":  func(st *State) { st.Send.Chain.Floor, st.Send.Chain.Accepted = 1, false },
		"unknown kind, theirs":  func(st *State) { st.Send.Theirs.Ref.Kind = 3 },
		"unknown kind, chain":   func(st *State) { st.Receive.Chain.Ref.Kind = 3 },
		"received nothing":      func(st *State) { st.Receive.Chain.N = 0 },
		"a key twice":           func(st *State) { st.Receive.Mine[1].Ref = st.Receive.Mine[0].Ref },
		"two prekeys":           func(st *State) { st.Receive.Mine[0].Ref.Kind = Prekey },
		"four session keys":     func(st *State) { st.Receive.Mine[3].Ref.Kind = Session },
	} {
		bad := good
		change(&bad)
		_, errSend := ParseSend(bad.Send.AppendRecord(nil))
		_, errReceive := ParseReceive(bad.Receive.AppendRecord(nil))
		if errSend == nil {
			errSend = errReceive
		}
		require.Equal(t, fault.W1, fault.CheckOf(errSend), name)
	}
	record := good.Receive.AppendRecord(nil)
	keys := len(record) - 4*(refSize+2*suite.KeySize) - 1
	for _, count := range []byte{3, 5, 255} {
		bad := append([]byte(nil), record...)
		bad[keys] = count
		_, err := ParseReceive(bad)
		require.Equal(t, fault.W1, fault.CheckOf(err))
	}
	roundTrip(t, good)
}

func FuzzParseSend(f *testing.F) {
	corpustest.Add(f, "pair.FuzzParseSend")
	f.Add(full(f).Send.AppendRecord(nil))
	f.Add(Send{}.AppendRecord(nil))
	a, b := newCouple(f, suite.Default)
	f.Add(a.st.Send.AppendRecord(nil))
	say(f, a, b)
	f.Add(a.st.Send.AppendRecord(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSend(b)
		if err != nil {
			require.Equal(t, fault.W1, fault.CheckOf(err))
			require.Zero(t, s)
			return
		}
		require.Equal(t, b, s.AppendRecord(nil))
		// Whatever was read can be used without a panic.
		a, _ := newCouple(t, suite.Default)
		_, _ = a.terms.Seal(State{s, a.st.Receive}, suite.Hash{}, suite.Key{}, a.coins(), 0)
	})
}

func FuzzParseReceive(f *testing.F) {
	corpustest.Add(f, "pair.FuzzParseReceive")
	f.Add(full(f).Receive.AppendRecord(nil))
	f.Add(Receive{}.AppendRecord(nil))
	a, b := newCouple(f, suite.Default)
	f.Add(a.st.Receive.AppendRecord(nil))
	say(f, a, b)
	f.Add(b.st.Receive.AppendRecord(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceive(b)
		if err != nil {
			require.Equal(t, fault.W1, fault.CheckOf(err))
			require.Zero(t, r)
			return
		}
		require.Equal(t, b, r.AppendRecord(nil))
		a, _ := newCouple(t, suite.Default)
		_, _ = a.terms.Seal(State{a.st.Send, r}, suite.Hash{}, suite.Key{}, a.coins(), 0)
	})
}

// What is accepted as a header is encoded so, and not otherwise.
func FuzzParseHeader(f *testing.F) {
	corpustest.Add(f, "pair.FuzzParseHeader")
	a, b := newCouple(f, suite.Default)
	f.Add(say(f, a, b).bytes)
	f.Add(a.seal(f).bytes)
	f.Add([]byte{formStart})
	f.Fuzz(func(t *testing.T, block []byte) {
		h, err := ParseHeader(suite.Default, block)
		if err != nil {
			require.Contains(t, []fault.Check{fault.P1, fault.W3}, fault.CheckOf(err))
			require.Zero(t, h)
			return
		}
		require.Equal(t, block[:h.size()], h.append(nil))
	})
}

// Nothing opens but what the peer has sealed, and what does not open leaves
// nothing behind, in a state with a chain and in one without.
func FuzzOpen(f *testing.F) {
	corpustest.Add(f, "pair.FuzzOpen")
	a, b := newCouple(f, suite.Default)
	fresh := *b
	first := a.seal(f)
	deliver(f, a, b, first)
	out, err := a.terms.Seal(a.st, first.digest, first.km, a.coins(), 0)
	require.NoError(f, err)
	genuine := [][]byte{first.bytes, out.Block}
	for _, g := range genuine {
		f.Add(g)
		f.Add(blk{bytes: g}.flip(len(g)-1, 1).bytes)
		f.Add(blk{bytes: g}.flip(0, 3).bytes)
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		for _, p := range []*person{&fresh, b} {
			out, err := p.terms.Open(p.st, first.digest, block, true)
			if err != nil {
				require.Equal(t, Opened{State: p.st}, out)
				require.NotEmpty(t, fault.CheckOf(err))
				continue
			}
			require.Contains(t, genuine, block)
			require.Equal(t, first.km, out.Key)
		}
	})
}
