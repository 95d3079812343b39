package verify

import (
	"slices"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// message is one whose state was given, opened.
type message struct {
	state  transcript.MessageState
	d      *conversation.DataBlock
	upload exchange.Upload
	id     suite.Hash
	roster *conversation.Roster // before it; nil for a SETUP
	text   *content.Plain
	failed bool // it has a text, which does not open
	seen   bool // in the transcript
	same   bool // with these authentication blocks
}

func (m *message) subject() Subject {
	return in(m.d.Sid).of(m.state.Author)
}

// open judges a state by itself. It is nil if there is no message in it.
func (x *secrets) open(state transcript.MessageState) *message {
	v, s := x.v, Subject{Participant: state.Author}
	parsed, err := exchange.Parse(v.suite, state.Upload)
	u, ok := parsed.(exchange.Upload)
	if err != nil || !ok {
		v.fail(MessageUpload, s, "the state holds no upload: %v", err)
		return nil
	}
	m := &message{state: state, upload: u, id: u.ID(v.suite)}
	if m.d, err = conversation.Parse(v.suite, u.Data); err != nil {
		v.fail(MessageUpload, s, "the state holds no data block: %v", err)
		return nil
	}
	if !x.setup(m) {
		return m
	}
	x.openText(m)
	x.openBlocks(m)
	x.auths(m)
	return m
}

// setup judges the SETUP and the roster of a message.
func (x *secrets) setup(m *message) bool {
	v, s := x.v, m.subject()
	setup, err := conversation.Parse(v.suite, m.state.Setup) // with its Sid: V2
	if !v.judge(MessageSetup, err == nil && setup.Type == conversation.SETUP, s, "what is given as the SETUP is none: %v", err) {
		return false
	}
	good := v.judge(MessageSetup, setup.Sid == m.d.Sid, s, "the SETUP is of another conversation")
	if m.d.Type == conversation.SETUP {
		good = v.judge(MessageSetup, len(m.state.Roster) == 0 && setup.Hash() == m.d.Hash(), s, "the SETUP is another") && good
	} else {
		m.roster, err = conversation.ParseRoster(v.suite, m.state.Roster)
		if !v.judge(MessageSetup, err == nil && m.roster.Digest() == m.d.RosterDigest && int(m.d.Author) < m.roster.Len(), s, "the roster is not the one that the message names") {
			return false
		}
	}
	author := m.d.AuthorIn(m.roster)
	return v.judge(MessageSetup, author == m.state.Author, s, "the author is %s", author) && good
}

// openText opens the text, or judges that there is none.
func (x *secrets) openText(m *message) {
	v, s := x.v, m.subject()
	if m.d.Type != conversation.MSG {
		v.judge(MessageText, m.state.Key == suite.Key{}, s, "k_m of a %s is not zero", m.d.Type)
		return
	}
	if err := content.Fits(v.suite, m.d, m.state.Key); err != nil {
		v.fail(MessageText, s, "%v", err)
		return
	}
	p, err := content.Open(v.suite, m.d, m.state.Key)
	if m.failed = err != nil; m.failed {
		v.cannot(MessageText, s, "the text opens for nobody: com fits k_m, and C does not open under it")
		return
	}
	v.ok(MessageText)
	m.text = &p
}

// openBlocks opens each block under its chain key.
func (x *secrets) openBlocks(m *message) {
	v, s := x.v, m.subject()
	to := conversation.Recipients(m.roster, m.d)
	var named []identity.ID
	for _, b := range m.state.Blocks {
		named = append(named, b.To)
	}
	if !v.judge(MessageBlocks, slices.Equal(to, named) && len(m.upload.Blocks) == len(to), s,
		"%d blocks with state for %q, and the recipients are %q", len(m.upload.Blocks), named, to) {
		return
	}
	for i, b := range m.state.Blocks {
		x.openBlock(m, b, m.upload.Blocks[i])
	}
}

func (x *secrets) openBlock(m *message, b transcript.BlockState, block []byte) {
	v, s := x.v, m.subject().of(b.To)
	pairs := conversation.PairsOf(m.roster, m.d, m.state.Author)
	author, recipient, _ := pairs.With(b.To)
	h, err := pair.ParseHeader(v.suite, block)
	if !v.judge(MessageBlocks, err == nil, s, "the block: %v", err) {
		return
	}
	ck, err := pair.Forward(v.suite, b.Chain, b.At, h.N)
	if !v.judge(MessageBlocks, err == nil, s, "the block: %v", err) {
		return
	}
	inside, err := pair.OpenUnder(v.suite, ck, author.Party, recipient.Party, m.d.Hash(), block)
	if !v.judge(MessageBlocks, err == nil, s, "the block: %v", err) {
		return
	}
	v.judge(MessageBlocks, inside.Key == m.state.Key, s, "the block opens to another k_m")
	x.start(m, b, h, author, recipient, s)
	x.offered(m, b, h, inside, author.Party, s)
}

// start judges where a chain began: X, and with the author's secret CK_0.
func (x *secrets) start(m *message, b transcript.BlockState, h pair.Header, author, recipient conversation.Entry, s Subject) {
	v := x.v
	if b.Start == nil {
		if h.Start && h.N == 0 {
			v.cannot(MessageStart, s, "the state of a first block has no exponent of X")
		}
		return
	}
	if !v.judge(MessageStart, h.Start && h.N == 0, s, "there is an exponent of X for a block that begins no chain") {
		return
	}
	v.judge(MessageStart, v.suite.Public(b.Start.X) == h.X, s, "X is not [x]G")
	err := v.suite.CheckPoint(b.Start.Named)
	if !v.judge(MessageStart, err == nil, s, "the key that is named: %v", err) {
		return
	}
	self, ok := x.self(author.Party)
	if !ok {
		v.cannot(MessageChain, s, "the author's long-term secret was not given")
		return
	}
	v.judge(MessageStart, v.suite.H1(b.Start.ESK, self.Secret) == b.Start.X, s, "x is not H1(esk, a)")
	terms := pair.NewTerms(v.suite, self, recipient.Party, m.d.Sid, author.Joined, recipient.Joined)
	_, ck, err := terms.Initiate(b.Start.ESK, h.Ref, b.Start.Named)
	if err == nil {
		ck, err = pair.Forward(v.suite, ck, 0, b.At)
	}
	v.judge(MessageChain, err == nil && ck == b.Chain, s, "the chain key does not follow from esk, a and the key that is named")
}

// offered judges the receive key that a block offers.
func (x *secrets) offered(m *message, b transcript.BlockState, h pair.Header, inside pair.Inside, author identity.Party, s Subject) {
	v := x.v
	if b.Offered == nil {
		if h.Start {
			v.cannot(MessageOffered, s, "the secrets of an offered key were not given")
		}
		return
	}
	if !v.judge(MessageOffered, h.Start, s, "there is an offered key for a block that offers none") {
		return
	}
	v.judge(MessageOffered, b.Offered.ID == inside.Offered, s, "another key is offered")
	v.judge(MessageOffered, v.suite.Public(b.Offered.Scalar) == inside.R, s, "R is not [r]G")
	if self, ok := x.self(author); ok {
		v.judge(MessageOffered, v.suite.H1(b.Offered.ESK, self.Secret) == b.Offered.Scalar, s, "r is not H1(esk, a)")
	}
}

// auths judges the authentication blocks.
func (x *secrets) auths(m *message) {
	v := x.v
	if !v.judge(MessageAuth, len(m.state.Auths) == v.set.Len() && len(m.upload.Auths) == v.set.Len(), m.subject(),
		"%d authentication keys and %d blocks for %d providers", len(m.state.Auths), len(m.upload.Auths), v.set.Len()) {
		return
	}
	for i, ak := range m.state.Auths {
		got := m.upload.Auths[i]
		want := exchange.Authenticate(v.suite, ak, channel.AuthKeyID(v.suite, ak), m.d.Sid, m.id)
		v.judge(MessageAuth, got == want, m.subject().by(v.set.At(i).ID), "the authentication block does not verify")
	}
}
