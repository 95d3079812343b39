package verify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// status is what a report says of a check.
func status(r *Report, c Check) Status {
	for _, f := range r.Findings {
		if f.Check == c && (f.Count > 0 || f.Status == NotEstablished) {
			return f.Status
		}
	}
	return NotEstablished
}

// All states of all messages, with all long-term secrets: everything is established.
func TestStatesAndSecretsHold(t *testing.T) {
	for _, fromStart := range []bool{false, true} {
		m, x, states := spied(t, transcripttest.Script(t, "membership"), fromStart)
		r := run(t, m, &Secrets{LongTerm: x.selves, Messages: states})
		require.True(t, r.Holds(), r.String())
		for _, c := range checks {
			if c.secrets {
				require.Equal(t, Established, status(r, c.name), "%s: %s", c.name, r)
			}
		}
		require.Contains(t, r.String(), `It opens to "Thank you for having me."`)
		r = run(t, m, nil)
		require.NotContains(t, r.String(), "message-text", "without secrets nothing is said of them")
		r = run(t, m, &Secrets{Messages: states})
		require.True(t, r.Holds())
		require.Equal(t, NotEstablished, status(r, MessageChain), "that takes the author's long-term secret")
	}
}

// Long-term secrets open nothing of the past, and a report says so.
func TestLongTermSecrets(t *testing.T) {
	m, x, _ := spied(t, transcripttest.Parse(t, story), false)
	r := run(t, m, &Secrets{LongTerm: x.selves})
	require.True(t, r.Holds(), r.String())
	require.Equal(t, Established, status(r, SecretKey))
	require.Equal(t, NotEstablished, status(r, MessageText))
	require.Len(t, r.Secrets, len(x.selves))
	require.Contains(t, r.Secrets[0], "opens no frame, handshake or block")

	for _, id := range []identity.ID{"Alice", "router"} { // a user's and a provider's
		r = run(t, m, &Secrets{LongTerm: map[identity.ID]suite.Scalar{id: {1}}})
		list := found(r, SecretKey)
		require.NotEmpty(t, list)
		require.Equal(t, id, list[0].Subject.Participant)
	}
	r = run(t, m, &Secrets{LongTerm: map[identity.ID]suite.Scalar{"Nobody": {1}}})
	require.True(t, r.Holds())
	require.Equal(t, NotEstablished, status(r, SecretKey))
}

// pick is the state of the first message for which f is true, to be changed.
func pick(t testing.TB, states []transcript.MessageState, f func(d *conversation.DataBlock, s transcript.MessageState) bool) transcript.MessageState {
	for _, s := range states {
		x := &secrets{v: &verifier{findings: newFindings(), suite: suite.Default}}
		m := x.open(s)
		require.NotNil(t, m)
		if f(m.d, s) {
			s.Blocks, s.Auths = slices.Clone(s.Blocks), slices.Clone(s.Auths)
			s.Upload, s.Setup, s.Roster = slices.Clone(s.Upload), slices.Clone(s.Setup), slices.Clone(s.Roster)
			return s
		}
	}
	require.Fail(t, "no such message")
	return transcript.MessageState{}
}

// Every field of a state counts.
func TestChangedStatesAreFound(t *testing.T) {
	m, x, states := spied(t, transcripttest.Parse(t, story), false)
	_, _, starts := spied(t, transcripttest.Parse(t, story), true)
	text := func(d *conversation.DataBlock, _ transcript.MessageState) bool { return d.Type == conversation.MSG }
	receipt := func(d *conversation.DataBlock, _ transcript.MessageState) bool { return d.Type == conversation.RCPT }
	first := func(_ *conversation.DataBlock, s transcript.MessageState) bool { return s.Blocks[0].Start != nil }
	setup := func(d *conversation.DataBlock, _ transcript.MessageState) bool { return d.Type == conversation.SETUP }
	later := func(_ *conversation.DataBlock, s transcript.MessageState) bool { return s.Blocks[0].At > 0 }
	started := func(s *transcript.MessageState, f func(st *transcript.StartState)) {
		st := *s.Blocks[0].Start
		f(&st)
		s.Blocks[0].Start = &st
	}
	offered := func(s *transcript.MessageState, f func(o *transcript.OwnState)) {
		o := *s.Blocks[0].Offered
		f(&o)
		s.Blocks[0].Offered = &o
	}
	for name, c := range map[string]struct {
		check Check
		which func(*conversation.DataBlock, transcript.MessageState) bool
		f     func(s *transcript.MessageState)
	}{
		"author":             {MessageSetup, text, func(s *transcript.MessageState) { s.Author = "Eve" }},
		"upload, garbage":    {MessageUpload, text, func(s *transcript.MessageState) { s.Upload = s.Upload[1:] }},
		"upload, MAC":        {MessageAuth, text, func(s *transcript.MessageState) { s.Upload[len(s.Upload)-1] ^= 1 }},
		"upload, other MACs": {MessageUpload, text, func(s *transcript.MessageState) { s.Upload[len(s.Upload)-1] ^= 1 }},
		"upload, key id":     {MessageAuth, text, func(s *transcript.MessageState) { s.Upload[len(s.Upload)-40] ^= 1 }},
		"upload, C":          {MessageBlocks, text, func(s *transcript.MessageState) { s.Upload[5+120+20] ^= 1 }},
		"upload, a block":    {MessageBlocks, text, func(s *transcript.MessageState) { s.Upload[len(s.Upload)-3*40-2-1] ^= 1 }},
		"k_m":                {MessageText, text, func(s *transcript.MessageState) { s.Key[0] ^= 1 }},
		"k_m of a block":     {MessageBlocks, text, func(s *transcript.MessageState) { s.Key[0] ^= 1 }},
		"k_m of a receipt":   {MessageText, receipt, func(s *transcript.MessageState) { s.Key[0] ^= 1 }},
		"to":                 {MessageBlocks, text, func(s *transcript.MessageState) { s.Blocks[0].To = "Eve" }},
		"at":                 {MessageBlocks, text, func(s *transcript.MessageState) { s.Blocks[0].At++ }},
		"at, before":         {MessageBlocks, later, func(s *transcript.MessageState) { s.Blocks[0].At-- }},
		"chain":              {MessageBlocks, text, func(s *transcript.MessageState) { s.Blocks[0].Chain[0] ^= 1 }},
		"a block less":       {MessageBlocks, text, func(s *transcript.MessageState) { s.Blocks = s.Blocks[1:] }},
		"esk of X":           {MessageStart, first, func(s *transcript.MessageState) { started(s, func(st *transcript.StartState) { st.ESK[0] ^= 1 }) }},
		"x":                  {MessageStart, first, func(s *transcript.MessageState) { started(s, func(st *transcript.StartState) { st.X[5] ^= 1 }) }},
		"named": {MessageChain, first, func(s *transcript.MessageState) {
			started(s, func(st *transcript.StartState) { st.Named = suite.Default.Public(suite.Scalar{4}) })
		}},
		"named, no point": {MessageStart, first, func(s *transcript.MessageState) {
			started(s, func(st *transcript.StartState) { st.Named = suite.Point{} })
		}},
		"start of a later":  {MessageStart, later, func(s *transcript.MessageState) { s.Blocks[0].Start = &transcript.StartState{} }},
		"offered id":        {MessageOffered, first, func(s *transcript.MessageState) { offered(s, func(o *transcript.OwnState) { o.ID = pair.KeyID{1} }) }},
		"offered esk":       {MessageOffered, first, func(s *transcript.MessageState) { offered(s, func(o *transcript.OwnState) { o.ESK[0] ^= 1 }) }},
		"offered scalar":    {MessageOffered, first, func(s *transcript.MessageState) { offered(s, func(o *transcript.OwnState) { o.Scalar[5] ^= 1 }) }},
		"auth":              {MessageAuth, text, func(s *transcript.MessageState) { s.Auths[1][0] ^= 1 }},
		"an auth less":      {MessageAuth, text, func(s *transcript.MessageState) { s.Auths = s.Auths[1:] }},
		"setup, garbage":    {MessageSetup, text, func(s *transcript.MessageState) { s.Setup[40] ^= 1 }},
		"no setup":          {MessageSetup, text, func(s *transcript.MessageState) { s.Setup = nil }},
		"roster":            {MessageSetup, text, func(s *transcript.MessageState) { s.Roster[len(s.Roster)-1] ^= 1 }},
		"roster of a SETUP": {MessageSetup, setup, func(s *transcript.MessageState) { s.Roster = []byte{1} }},
	} {
		for _, all := range [][]transcript.MessageState{states, starts} {
			if name == "at, before" && all[0].Blocks[0].At == 0 && !slices.ContainsFunc(all, func(s transcript.MessageState) bool { return later(nil, s) }) ||
				name == "start of a later" && !slices.ContainsFunc(all, func(s transcript.MessageState) bool { return later(nil, s) }) {
				continue // in this variant all chain keys are those of the beginning
			}
			s := pick(t, all, c.which)
			good := run(t, m, &Secrets{LongTerm: x.selves, Messages: []transcript.MessageState{s}})
			require.True(t, good.Holds(), "%s, unchanged: %s", name, good)
			c.f(&s)
			r := run(t, m, &Secrets{LongTerm: x.selves, Messages: []transcript.MessageState{s}})
			require.NotEmpty(t, found(r, c.check), "%s: %s", name, r)
		}
	}
}

// A text in a view that is not the one that the message opens to is found, and so
// is a message that is not there.
func TestStatesAndViews(t *testing.T) {
	honest, _, states := spied(t, transcripttest.Parse(t, story), false)
	all := &Secrets{Messages: states}
	m := copyOf(honest)
	at := changeRecord(t, m, func(s *transcript.Saw) bool {
		s.Text = slices.Clone(s.Text)
		if s.What == transcript.Text {
			s.Text[0] ^= 1 // of the same length: without the state nobody could tell
		}
		return s.What == transcript.Text
	})
	require.True(t, run(t, m, nil).Holds())
	list := found(run(t, m, all), MessageShown)
	require.Len(t, list, 1)
	require.Equal(t, at, list[0].Subject.Record)

	m = copyOf(honest)
	changeRecord(t, m, func(s *transcript.Saw) bool { s.ID[0] ^= 1; return s.What == transcript.Text })
	require.NotEmpty(t, found(run(t, m, all), MessageShown))
	m = copyOf(honest)
	changeRecord(t, m, func(s *transcript.Saw) bool {
		was := s.What
		s.What, s.Text, s.ID = transcript.Unreadable, nil, [16]byte{}
		return was == transcript.Text
	})
	require.NotEmpty(t, found(run(t, m, all), MessageShown))

	r := run(t, transcripttest.Record(t, transcripttest.Parse(t, "conversation other: Alice Bob\nAlice: hello\n")), all)
	require.Empty(t, found(r, MessageUpload))
	require.Equal(t, NotEstablished, status(r, MessageUpload))
}

// A text that opens for nobody, and one that a corrupt author repeats: as shown.
func TestStatesOfACorruptAuthor(t *testing.T) {
	m, x, states := spied(t, transcripttest.Script(t, "participant"), false)
	r := run(t, m, &Secrets{LongTerm: x.selves, Messages: states})
	for _, f := range r.Broken() {
		switch f.Check {
		case ViewContent, MessageShown: // its own view, of a repeated text
			require.Equal(t, identity.ID("Mallory"), f.Subject.Participant, f)
		case MessageBlocks: // a spoilt block, and another key
			require.Contains(t, []identity.ID{"Bob", "Charlie"}, f.Subject.Participant, f)
		default:
			require.Fail(t, "unexpected", "%+v", f)
		}
	}
	require.NotEmpty(t, found(r, MessageBlocks))
	require.Contains(t, r.String(), "opens for nobody")
}
