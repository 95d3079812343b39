package vectors_test

import (
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

type chainVector struct {
	head
	CK    bin `json:"ck"`
	Count int `json:"count"`
	Steps []struct {
		MK bin `json:"mk"`
		CK bin `json:"ck"`
	} `json:"steps"`
	Output bin `json:"output"`
}

// runChain moves a sending chain on by sealing blocks.
func runChain(t checker, v chainVector) {
	a, err := identity.NewSelf(suite.Default, "a", [32]byte{1})
	require.NoError(t, err)
	ref := pair.Ref{Kind: pair.Prekey, ID: pair.KeyID{1}}
	st := pair.State{Send: pair.Send{
		Theirs: pair.Theirs{Ref: ref, Y: a.Key, Used: true},
		Chain:  pair.SendChain{Ref: ref, X: a.Key, CK: suite.Key(v.CK), N: 1, Floor: 1, Accepted: true}}}
	terms := pair.NewTerms(suite.Default, a, a.Party(), suite.Hash{}, 0, 0)
	for i := range v.Count {
		out, err := terms.Seal(st, suite.Hash{}, suite.Key{}, suite.Coins{}, 0)
		require.NoError(t, err)
		st = out.State
		if i < len(v.Steps) {
			equal(t, v.Steps[i].CK, st.Send.Chain.CK[:])
			header := out.Block[:5]
			_, ok := suite.Default.Open("block", suite.Key(v.Steps[i].MK), [suite.NonceSize]byte{}, out.Block[5:],
				make([]byte, 32), a.ID.Field(), a.Key[:], a.ID.Field(), a.Key[:], header)
			require.True(t, ok, "step %d: another mk", i)
		}
	}
	equal(t, v.Output, st.Send.Chain.CK[:])
}

type refVector struct {
	Kind pair.Kind `json:"kind"`
	ID   bin       `json:"id"`
}

func (r refVector) ref() pair.Ref { return pair.Ref{Kind: r.Kind, ID: pair.KeyID(r.ID)} }

type recordsVector struct {
	Send    bin `json:"send"`
	Receive bin `json:"receive"`
}

// requireRecords compares both halves of a state as they are stored, secrets and all.
func (r recordsVector) requireRecords(t checker, st pair.State, what string) {
	equal(t, r.Send, st.Send.AppendRecord(nil), what)
	equal(t, r.Receive, st.Receive.AppendRecord(nil), what)
	send, err := pair.ParseSend(r.Send)
	require.NoError(t, err)
	receive, err := pair.ParseReceive(r.Receive)
	require.NoError(t, err)
	require.Equal(t, st, pair.State{Send: send, Receive: receive})
}

type sideVector struct {
	self
	Join uint32 `json:"join"`
	Mine []struct {
		refVector
		ESK bin `json:"esk"`
		Y   bin `json:"Y"`
	} `json:"mine"`
	Theirs *struct {
		refVector
		Y bin `json:"Y"`
	} `json:"theirs"`
	Records recordsVector `json:"records"`
}

type stepVector struct {
	Op      string      `json:"op"`
	By      string      `json:"by"`
	Digest  bin         `json:"digest"`
	KM      bin         `json:"km"`
	Block   bin         `json:"block"`
	Content bool        `json:"content"`
	Error   fault.Check `json:"error"`
	draws
	// What leads to a block.
	Context   bin `json:"context"`
	K         bin `json:"K"`
	MK        bin `json:"mk"`
	CK        bin `json:"ck"`
	Nonce     bin `json:"nonce"`
	Header    bin `json:"header"`
	Plaintext bin `json:"plaintext"`
}

type blocksVector struct {
	head
	Sid    bin            `json:"sid"`
	A      sideVector     `json:"a"`
	B      sideVector     `json:"b"`
	Steps  []stepVector   `json:"steps"`
	FinalA *recordsVector `json:"final_a"`
	FinalB *recordsVector `json:"final_b"`
}

// side is one of the two while a script runs.
type side struct {
	self  identity.Self
	terms *pair.Terms
	st    pair.State

	sealed map[string]bool // its blocks
}

func newSide(t checker, v, peer sideVector, sid bin) *side {
	requireOwn(t, v.self)
	s := &side{self: v.self.self(), sealed: map[string]bool{}}
	s.terms = pair.NewTerms(suite.Default, s.self, peer.party.party(), suite.Hash(sid), v.Join, peer.Join)
	if v.Theirs != nil {
		s.st.Send.Theirs = pair.Theirs{Ref: v.Theirs.ref(), Y: suite.Point(v.Theirs.Y)}
	}
	for i, k := range v.Mine {
		y := naxos.Ephemeral{ESK: suite.Coin(k.ESK)}.Public(suite.Default, s.self)
		equal(t, k.Y, y[:])
		s.st.Receive.Mine[i] = pair.Own{Ref: k.ref(), ESK: suite.Coin(k.ESK), Y: y}
	}
	v.Records.requireRecords(t, s.st, "at the beginning")
	return s
}

// runBlocks runs a script between two sides: seal and compare, confirm, open; with
// hedged coins, and again with the coins themselves.
func runBlocks(t checker, v blocksVector) {
	runScript(t, v, false)
	if v.Error == "" {
		runScript(t, v, true)
	}
}

func runScript(t checker, v blocksVector, fromTape bool) {
	sides := map[string]*side{"a": newSide(t, v.A, v.B, v.Sid), "b": newSide(t, v.B, v.A, v.Sid)}
	refused := fault.Check("")
	for i, step := range v.Steps {
		me, peer := sides[step.By], sides[map[string]string{"a": "b", "b": "a"}[step.By]]
		require.NotNil(t, me)
		switch step.Op {
		case "seal":
			coins := step.source(t, me.self.Secret, fromTape)
			out, err := me.terms.Seal(me.st, suite.Hash(step.Digest), suite.Key(step.KM), coins, step.Index)
			require.NoError(t, err)
			equal(t, step.Block, out.Block, "step %d", i)
			me.sealed[string(out.Block)] = true
			if v.Error == "" {
				step.requireDetails(t, me, peer, out)
			}
			me.st = out.State
		case "confirm":
			require.True(t, me.sealed[string(step.Block)], "confirmed what was not sealed")
			me.st.Send, _ = me.st.Send.Confirm(step.Block)
		case "open":
			out, err := me.terms.Open(me.st, suite.Hash(step.Digest), step.Block, step.Content)
			if step.Error != "" {
				requireRefused(t, step.Error, err)
				require.Equal(t, pair.Opened{State: me.st}, out, "a refusal changes nothing")
				refused = step.Error
				break
			}
			require.NoError(t, err, "step %d", i)
			equal(t, step.KM, out.Key[:])
			me.st = out.State
		default:
			require.Fail(t, "unknown op "+step.Op)
		}
	}
	require.Equal(t, v.Error, refused)
	for name, final := range map[string]*recordsVector{"a": v.FinalA, "b": v.FinalB} {
		if final != nil {
			final.requireRecords(t, sides[name].st, "at the end")
		}
	}
}

// requireDetails compares what leads to a block: the NAXOS key of a chain from its
// context, on the recipient's side, then the step, and what is sealed.
func (v stepVector) requireDetails(t checker, me, peer *side, out pair.Sealed) {
	s := suite.Default
	h, err := pair.ParseHeader(s, v.Block)
	require.NoError(t, err)
	equal(t, v.Header, v.Block[:len(v.Header)])
	equal(t, v.CK, out.State.Send.Chain.CK[:])
	equal(t, v.Nonce, v.Digest[:suite.NonceSize])
	plain, ok := s.Open("block", suite.Key(v.MK), [suite.NonceSize]byte(v.Nonce), v.Block[len(v.Header):],
		v.Digest, me.self.ID.Field(), me.self.Key[:], peer.self.ID.Field(), peer.self.Key[:], v.Header)
	require.True(t, ok)
	equal(t, v.Plaintext, plain)
	equal(t, v.KM, plain[:suite.KeySize])
	if v.K == nil {
		return
	}
	step := s.KDF("chain", 2*suite.KeySize, v.K)
	equal(t, v.MK, step[:suite.KeySize])
	equal(t, v.CK, step[suite.KeySize:])
	for _, own := range peer.st.Receive.Mine {
		if own.Ref == h.Ref {
			K, err := naxos.Respond(s, peer.self, naxos.Ephemeral{ESK: own.ESK}, own.Y,
				naxos.Peer{Party: me.self.Party(), Ephemeral: h.X}, v.Context)
			require.NoError(t, err)
			equal(t, v.K, K[:])
			return
		}
	}
	require.Fail(t, "the key named is not the peer's")
}
