package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

func drawState(t *rapid.T) MessageState {
	m := MessageState{Author: drawID(t, "author"), Upload: drawBytes(t, "upload", 1), Key: draw32[suite.Key](t, "key"),
		Setup: drawBytes(t, "setup", 0), Roster: drawBytes(t, "roster", 0)}
	for range rapid.IntRange(0, 3).Draw(t, "blocks") {
		b := BlockState{To: drawID(t, "to"), At: uint32(edge(math.MaxUint32).Draw(t, "at")), Chain: draw32[suite.Key](t, "chain")}
		if rapid.Bool().Draw(t, "start") {
			b.Start = &StartState{draw32[suite.Coin](t, "esk"), draw32[suite.Scalar](t, "x"), draw32[suite.Point](t, "named")}
		}
		if rapid.Bool().Draw(t, "offered") {
			b.Offered = &OwnState{pair.KeyID(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "id")), draw32[suite.Coin](t, "esk"), draw32[suite.Scalar](t, "scalar")}
		}
		m.Blocks = append(m.Blocks, b)
	}
	for range rapid.IntRange(0, 3).Draw(t, "auths") {
		m.Auths = append(m.Auths, draw32[suite.Key](t, "auth"))
	}
	return m
}

func oneState() MessageState {
	return MessageState{Author: "alice", Upload: []byte{1}, Key: suite.Key{2}, Setup: []byte{3}, Roster: []byte{4}, Auths: []suite.Key{{5}},
		Blocks: []BlockState{{To: "bob", At: 6, Chain: suite.Key{7}, Start: &StartState{ESK: suite.Coin{8}}, Offered: &OwnState{ID: pair.KeyID{9}}}, {To: "eve"}}}
}

func TestMessageStateRoundTrips(t *testing.T) {
	check := func(t require.TestingT, m MessageState) {
		var b bytes.Buffer
		require.NoError(t, WriteMessageState(&b, m))
		text := b.String()
		back, err := ReadMessageState(&b)
		require.NoError(t, err)
		require.Equal(t, m, back)

		viaJSON, err := json.Marshal(m) // escapes < and >
		require.NoError(t, err)
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, viaJSON, "", "\t"))
		var again MessageState
		require.NoError(t, json.Unmarshal(indented.Bytes(), &again))
		require.Equal(t, m, again)
		b.Reset()
		require.NoError(t, WriteMessageState(&b, again))
		require.Equal(t, text, b.String())
	}
	check(t, oneState())
	rapid.Check(t, func(t *rapid.T) { check(t, drawState(t)) })

	largest := MessageState{Author: identity.ID(strings.Repeat("\x01", 64)), Upload: make([]byte, maxUpload), Auths: make([]suite.Key, identity.MaxProviders),
		Setup: make([]byte, conversation.MaxDataBlock), Roster: make([]byte, conversation.MaxDataBlock)}
	for range exchange.MaxBlocks {
		largest.Blocks = append(largest.Blocks, BlockState{To: largest.Author, At: math.MaxUint32, Start: &StartState{}, Offered: &OwnState{}})
	}
	b, err := largest.MarshalJSON()
	require.NoError(t, err)
	require.Less(t, len(b), MaxMessageState)
	var back MessageState
	require.NoError(t, back.UnmarshalJSON(b))
	require.True(t, len(back.Blocks) == exchange.MaxBlocks)
}

func TestMessageStateRefuses(t *testing.T) {
	whole, err := oneState().MarshalJSON()
	require.NoError(t, err)
	zeros := strings.Repeat("0", 64)
	for _, c := range []struct{ old, new, what string }{
		{`"author":"alice"`, `"author":""`, "not a valid id"},
		{`"author":"alice",`, ``, `member "author" is not there`},
		{`"author":"alice"`, `"author":"alice","author":"bob"`, `member "author" is there twice`},
		{`"author"`, `"Author"`, `member "Author" is unknown`},
		{`"upload":"01"`, `"upload":""`, "an upload of 0 bytes"},
		{`"upload":"01"`, `"upload":"AQ=="`, "lower-case"},
		{`"upload":"01"`, `"upload":[1]`, "wanted"},
		{`"upload":"01"`, `"upload":"` + strings.Repeat("00", maxUpload+1) + `"`, "more than"},
		{`"upload":"01",`, ``, `member "upload" is not there`},
		{`"key":"02`, `"key":"`, "32 bytes wanted"},
		{`"key":"02`, `"key":"0202`, "more than 64 bytes"},
		{`"key":`, `"keys":`, `member "keys" is unknown`},
		{`"setup":"03"`, `"setup":"` + strings.Repeat("00", conversation.MaxDataBlock+1) + `"`, "more than"},
		{`"setup":"03",`, ``, `member "setup" is not there`},
		{`,"roster":"04"`, ``, `member "roster" is not there`},
		{`"roster":"04"`, `"roster":null`, "wanted"},
		{`"auths":[`, `"auths":["00",`, "32 bytes wanted"},
		{`"auths":[`, `"auths":[` + strings.Repeat(`"`+zeros+`",`, 16), "more than 16 items"},
		{`"blocks":[`, `"blocks":[` + strings.Repeat(`{},`, exchange.MaxBlocks), "more than 2048 items"},
		{`"blocks":[`, `"blocks":[{},`, `block 0: member "to" is not there`},
		{`"to":"bob"`, `"to":""`, `block 0: "" is not a valid id`},
		{`"at":6`, `"at":4294967296`, "no integer"},
		{`,"at":6`, ``, `member "at" is not there`},
		{`"chain":"07`, `"chain":"`, "32 bytes wanted"},
		{`"start":{`, `"start":{"y":1,`, `member "y" is unknown`},
		{`"start":{"esk":"08` + zeros[2:] + `",`, `"start":{`, `start: member "esk" is not there`},
		{`"start":{`, `"start":[{`, `"{" wanted`},
		{`"offered":{"id":"09`, `"offered":{"id":"`, "8 bytes wanted"},
		{`"offered":{"id":"0900000000000000",`, `"offered":{`, `offered: member "id" is not there`},
		{`{"author"`, `["author"`, `"{" wanted`},
	} {
		require.Contains(t, string(whole), c.old)
		m := oneState()
		err := m.UnmarshalJSON([]byte(strings.Replace(string(whole), c.old, c.new, 1)))
		require.Error(t, err, c.new)
		refused(t, err, formState, 0, c.what)
		require.Equal(t, oneState(), m) // left as it was
	}
	for _, after := range []string{"{}", "x", "\x00", ","} {
		_, err := ReadMessageState(strings.NewReader(string(whole) + after))
		require.Error(t, err)
		refused(t, err, formState, 0, "something follows")
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, int64(len(whole)), e.Offset)
	}
	for n := range whole {
		_, err := ReadMessageState(bytes.NewReader(whole[:n]))
		require.ErrorAs(t, err, new(*Error))
	}
	_, err = ReadMessageState(&endless{"", " "})
	require.Error(t, err)
	refused(t, err, formState, 0, "more than 8388608 bytes")
	_, err = ReadMessageState(iotest.ErrReader(errDisk))
	require.ErrorIs(t, err, errDisk)
	require.False(t, errors.As(err, new(*Error)))
}

func TestMessageStateIsCheckedBeforeItIsWritten(t *testing.T) {
	for name, change := range map[string]func(*MessageState){
		"author":    func(m *MessageState) { m.Author = "" },
		"no upload": func(m *MessageState) { m.Upload = nil },
		"upload":    func(m *MessageState) { m.Upload = make([]byte, maxUpload+1) },
		"blocks":    func(m *MessageState) { m.Blocks = make([]BlockState, exchange.MaxBlocks+1) },
		"to":        func(m *MessageState) { m.Blocks[1].To = "\xff" },
		"auths":     func(m *MessageState) { m.Auths = make([]suite.Key, identity.MaxProviders+1) },
		"setup":     func(m *MessageState) { m.Setup = make([]byte, conversation.MaxDataBlock+1) },
		"roster":    func(m *MessageState) { m.Roster = make([]byte, conversation.MaxDataBlock+1) },
	} {
		m := oneState()
		require.NoError(t, WriteMessageState(io.Discard, m))
		change(&m)
		err := WriteMessageState(io.Discard, m)
		require.Error(t, err, name)
		refused(t, err, formState, 0, "refused")
	}
	require.ErrorIs(t, WriteMessageState(&failing{}, oneState()), errDisk)
}
