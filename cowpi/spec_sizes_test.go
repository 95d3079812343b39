package cowpi_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// sizes of what section 3.5 lists, as the code makes it.
func sizes(t *testing.T) map[string]int {
	t.Helper()
	s := suite.Default
	key := s.Public(suite.Scalar{1})
	roster := func(ids ...identity.ID) *conversation.Roster {
		var entries []conversation.Entry
		for _, id := range ids {
			entries = append(entries, conversation.Entry{Party: identity.Party{ID: id, Key: key}})
		}
		r, err := conversation.NewRoster(s, entries)
		require.NoError(t, err)
		return r
	}
	one := roster("a")
	block := func(typ conversation.Type) int {
		d := conversation.DataBlock{Type: typ, AuthorID: "a", Roster: one}
		return len(d.Seal(s).Raw())
	}
	ref := pair.Ref{Kind: pair.Session}
	send := pair.Send{Theirs: pair.Theirs{Ref: ref}, Chain: pair.SendChain{Ref: ref}}
	receive := pair.Receive{Chain: pair.ReceiveChain{Ref: ref}}
	for i := range receive.Mine {
		receive.Mine[i].Ref = ref
	}
	return map[string]int{
		"id field":                        identity.IDFieldSize,
		"channel message 1":               channel.Msg1Size,
		"channel message 2":               channel.Msg2Size,
		"channel message 3":               channel.Msg3Size,
		"smallest frame":                  channel.MinFrameSize,
		"largest frame":                   channel.MaxFrameSize,
		"largest payload of a frame":      channel.MaxPayload,
		"block, start form":               pair.StartSize,
		"block, continue form":            pair.ContinueSize,
		"pair record, sending, at most":   len(send.AppendRecord(nil)),
		"pair record, receiving, at most": len(receive.AppendRecord(nil)),
		"roster entry":                    len(roster("a", "b").Bytes()) - len(one.Bytes()),
		"SETUP without its roster":        block(conversation.SETUP) - len(one.Bytes()),
		"MSG without its sealed text":     block(conversation.MSG),
		"RCPT":                            block(conversation.RCPT),
		"UPDATE without its roster":       block(conversation.UPDATE) - len(one.Bytes()),
		"largest data block":              conversation.MaxDataBlock,
		"largest text":                    content.MaxText,
		"largest sealed text":             conversation.MaxSealedText,
		"verification offer":              identity.OfferSize,
		"verification answer":             identity.AnswerSize,
		"verification proof":              identity.ProofSize,
		"safety number as QR bytes":       identity.QRSize,
	}
}

func listedSizes(doc string) map[string]int {
	out := map[string]int{}
	for _, row := range tableUnder(doc, "### 3.5 Sizes") {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			n = -1
		}
		out[row[0]] = n
	}
	return out
}

func TestSpecSizes(t *testing.T) {
	doc := specText(t)
	require.Equal(t, sizes(t), listedSizes(doc))
	require.NotEqual(t, sizes(t), listedSizes(strings.Replace(doc, "| RCPT | 91 |", "| RCPT | 92 |", 1))) // negative control
}
