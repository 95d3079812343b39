package vectors_test

import (
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

type digestVector struct {
	head
	Entries []struct {
		party
		Joined uint32 `json:"joined"`
	} `json:"entries"`
	List      []party `json:"list"`
	Encoded   bin     `json:"encoded"`
	Digest    bin     `json:"digest"`
	Providers bin     `json:"providers"`
	Blocks    []bin   `json:"blocks"`
	Digests   []bin   `json:"digests"`
}

func runDigest(t checker, v digestVector) {
	s := suite.Default
	switch v.Op {
	case "roster":
		parsed, err := conversation.ParseRoster(s, v.Encoded)
		if v.Error != "" {
			requireRefused(t, v.Error, err)
			require.Nil(t, parsed)
			return
		}
		require.NoError(t, err)
		var entries []conversation.Entry
		for i := range v.Entries { // from the last to the first: a roster sorts
			e := v.Entries[len(v.Entries)-1-i]
			entries = append(entries, conversation.Entry{Party: e.party.party(), Joined: e.Joined})
		}
		made, err := conversation.NewRoster(s, entries)
		require.NoError(t, err)
		for _, r := range []*conversation.Roster{parsed, made} {
			digest := r.Digest()
			equal(t, v.Encoded, r.Bytes())
			equal(t, v.Digest, digest[:])
		}
	case "providers":
		var list []identity.Party
		for _, p := range v.List {
			list = append(list, p.party())
		}
		set, err := identity.NewProviders(s, list...)
		require.NoError(t, err)
		digest := set.Digest(s)
		equal(t, v.Digest, digest[:])
	case "conversation":
		require.Equal(t, len(v.Blocks), len(v.Digests))
		h := newHistory(v.Providers)
		for i, raw := range v.Blocks {
			h.add(t, raw)
			equal(t, v.Digests[i], h.st.Digest[:])
		}
	default:
		require.Fail(t, "unknown op "+v.Op)
	}
}

// history follows a conversation, with the last of each author.
type history struct {
	st   conversation.State
	last map[uint16]conversation.Author
}

func newHistory(providers bin) *history {
	return &history{conversation.Before(suite.Hash(providers)), map[uint16]conversation.Author{}}
}

// at is the state as the author of d meets it.
func (h *history) at(d *conversation.DataBlock) conversation.State {
	st := h.st
	last, ok := h.last[d.Author]
	if !ok {
		last = st.First()
	}
	st.Last = last
	return st
}

func (h *history) add(t checker, raw []byte) {
	d, err := conversation.Parse(suite.Default, raw)
	require.NoError(t, err)
	require.NoError(t, conversation.Valid(h.at(d), d, conversation.AnyBlocks))
	h.st = conversation.Apply(suite.Default, h.at(d), d)
	if d.Roster != nil {
		clear(h.last)
	} else {
		h.last[d.Author] = h.st.Last
	}
}

type dataBlockVector struct {
	head
	Raw          bin               `json:"raw"`
	Hash         bin               `json:"hash"`
	Type         conversation.Type `json:"type"`
	Sid          bin               `json:"sid"`
	Epoch        uint32            `json:"epoch"`
	RosterDigest bin               `json:"roster_digest"`
	Author       uint16            `json:"author"`
	Seq          uint64            `json:"seq"`
	K            uint64            `json:"k"`
	Nonce        bin               `json:"nonce"`
	AuthorID     bin               `json:"author_id"`
	Providers    bin               `json:"providers"`
	Roster       bin               `json:"roster"`
	Com          bin               `json:"com"`
	Sealed       bin               `json:"sealed"`
	Stopped      bool              `json:"stopped"`
}

func hash(b bin) (h suite.Hash) {
	copy(h[:], b)
	return h
}

func runDataBlock(t checker, v dataBlockVector) {
	s := suite.Default
	parsed, err := conversation.Parse(s, v.Raw)
	if v.Error != "" {
		requireRefused(t, v.Error, err)
		require.Nil(t, parsed)
		return
	}
	require.NoError(t, err)
	// Made from its fields, it is the same as parsed from its bytes.
	d := &conversation.DataBlock{Type: v.Type, Epoch: v.Epoch, RosterDigest: hash(v.RosterDigest), Author: v.Author,
		Seq: v.Seq, K: v.K, Nonce: hash(v.Nonce), AuthorID: identity.ID(v.AuthorID), Providers: hash(v.Providers),
		Com: hash(v.Com), Sealed: v.Sealed, Stopped: v.Stopped}
	if v.Type != conversation.SETUP { // of a SETUP, Seal computes it
		d.Sid = hash(v.Sid)
	}
	if v.Roster != nil {
		d.Roster, err = conversation.ParseRoster(s, v.Roster)
		require.NoError(t, err)
	}
	d.Seal(s)
	require.Equal(t, d, parsed)
	digest := d.Hash()
	equal(t, v.Raw, d.Raw())
	equal(t, v.Hash, digest[:])
	equal(t, v.Sid, d.Sid[:])
}

type validVector struct {
	head
	Providers bin   `json:"providers"`
	History   []bin `json:"history"`
	Raw       bin   `json:"raw"`
	Blocks    int   `json:"blocks"`
}

func runValid(t checker, v validVector) {
	h := newHistory(v.Providers)
	for _, raw := range v.History {
		h.add(t, raw)
	}
	d, err := conversation.Parse(suite.Default, v.Raw)
	require.NoError(t, err)
	err = conversation.Valid(h.at(d), d, v.Blocks)
	if v.Error != "" {
		requireRefused(t, v.Error, err)
		return
	}
	require.NoError(t, err)
}

type textVector struct {
	head
	Head      bin `json:"head"`
	KM        bin `json:"km"`
	TextID    bin `json:"text_id"`
	Text      bin `json:"text"`
	Com       bin `json:"com"`
	Key       bin `json:"key"`
	Plaintext bin `json:"plaintext"`
	Sealed    bin `json:"sealed"`
	Raw       bin `json:"raw"`
}

func runText(t checker, v textVector) {
	s := suite.Default
	km := suite.Key(v.KM)
	d, err := conversation.Parse(s, v.Raw)
	require.NoError(t, err)
	if v.Error != "" {
		if err = content.Fits(s, d, km); err == nil {
			_, err = content.Open(s, d, km)
		}
		requireRefused(t, v.Error, err)
		return
	}
	require.NoError(t, content.Fits(s, d, km))
	got, err := content.Open(s, d, km)
	require.NoError(t, err)
	equal(t, v.TextID, got.ID[:])
	equal(t, v.Text, got.Text)

	// The author's side, from the fields before com.
	made := &conversation.DataBlock{Sid: d.Sid, Type: conversation.MSG, Epoch: d.Epoch, RosterDigest: d.RosterDigest,
		Author: d.Author, Seq: d.Seq, K: d.K}
	require.NoError(t, content.Seal(s, made, km, content.Plain{ID: content.TextID(v.TextID), Text: v.Text}))
	equal(t, v.Raw, made.Raw())
	equal(t, v.Com, made.Com[:])
	equal(t, v.Sealed, made.Sealed)
	header := d.Header(s)
	equal(t, v.Head, header[:len(header)-len(d.Com)])
	plain, ok := s.Open("text", suite.Key(v.Key), [suite.NonceSize]byte{}, v.Sealed, header)
	require.True(t, ok)
	equal(t, v.Plaintext, plain)
}

type uploadVector struct {
	head
	Data       bin   `json:"data"`
	Blocks     []bin `json:"blocks"`
	ID         bin   `json:"id"`
	AK         bin   `json:"ak"`
	KeyID      bin   `json:"key_id"`
	Sid        bin   `json:"sid"`
	AuthSidKey bin   `json:"auth_sid_key"`
	MAC        bin   `json:"mac"`
	Message    bin   `json:"message"`
}

func runUpload(t checker, v uploadVector) {
	s := suite.Default
	u := exchange.Upload{Data: v.Data, Blocks: plain(v.Blocks)}
	id := u.ID(s)
	auth := exchange.Authenticate(s, suite.Key(v.AK), [8]byte(v.KeyID), suite.Hash(v.Sid), id)
	if v.Error != "" {
		require.Equal(t, "auth", string(v.Error))
		require.NotEqual(t, suite.Hash(v.MAC), auth.MAC)
		return
	}
	equal(t, v.ID, id[:])
	equal(t, v.KeyID, auth.KeyID[:])
	equal(t, v.MAC, auth.MAC[:])
	equal(t, v.AuthSidKey, s.KDF("auth sid", suite.KeySize, v.AK, v.Sid))
	u.Auths = []exchange.Auth{auth}
	equal(t, v.Message, exchange.Encode(u))
	parsed, err := exchange.Parse(s, v.Message)
	require.NoError(t, err)
	require.Equal(t, u, parsed)
}
