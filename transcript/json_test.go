package transcript

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
)

func jsonLines(t *testing.T, m *Memory) []string {
	lines := strings.SplitAfter(string(codecs[1].bytes(t, m)), "\n")
	return lines[:len(lines)-1]
}

// Order and white space are free; so is how a string is escaped, and whether what is
// said in words is there.
func TestJSONFreedom(t *testing.T) {
	m := one(true)
	var out strings.Builder
	for _, line := range jsonLines(t, m) {
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(line), &members)) // and so it is JSON
		if string(members["type"]) == `"sent"` {
			for _, name := range derived {
				delete(members, name)
			}
		}
		sorted, err := json.Marshal(members) // sorts members, escapes < and >
		require.NoError(t, err)
		spaced := strings.NewReplacer(`":`, "\"\t: ", `,"`, " ,\r \"").Replace(string(sorted))
		out.WriteString(" " + strings.ReplaceAll(spaced, "alice", `\u0061\u006cice`) + " \n")
	}
	back, err := codecs[1].load([]byte(out.String()))
	require.NoError(t, err)
	require.Equal(t, m, back)
}

// Each way in which a line can be wrong, by what is changed in a line that is right.
func TestJSONRefuses(t *testing.T) {
	lines := jsonLines(t, one(true))
	find := func(part string) int {
		for i, l := range lines {
			if strings.Contains(l, part) {
				return i
			}
		}
		t.Fatalf("no line with %s", part)
		return 0
	}
	long := strings.Repeat("a", 65)
	for _, c := range []struct{ line, old, new, what string }{
		// JSON
		{`"closed"`, `{`, ``, `"{" wanted`},
		{`"closed"`, `{`, `[`, `"{" wanted`},
		{`"closed"`, `{"`, `"`, `"{" wanted`},
		{`"closed"`, `}`, ``, `"," wanted`},
		{`"closed"`, `}`, `,}`, "\"\\\"\" wanted"},
		{`"closed"`, `}`, `}}`, `something follows`},
		{`"closed"`, `}`, `}{}`, `something follows`},
		{`"closed"`, `"type":`, `"type"`, `":" wanted`},
		{`"closed"`, `"closed"`, `closed`, "\"\\\"\" wanted"},
		{`"closed"`, `"closed",`, `"closed" `, `"," wanted`},
		{`"closed"`, `{`, "\v{", `"{" wanted`},
		{`"closed"`, "\n", "\n\n", `"{" wanted`},
		{`"closed"`, "{", "\xef\xbb\xbf{", `"{" wanted`},
		{`"closed"`, "closed", "clo\xffsed", `not UTF-8`},
		{`"closed"`, "closed", "clo\x01sed", `control character`},
		{`"closed"`, "closed", `clo\xsed`, `escape`},
		{`"closed"`, "closed", `clo\u00`, `hexadecimal`},
		{`"closed"`, "closed", `\u006C`, `lower-case`},
		{`"closed"`, "closed", `\ud800`, `surrogate`},
		{`"closed"`, "closed", `\udc00\ud800`, `surrogate`},
		{`"closed"`, "closed", `\ud800\u0041`, `surrogate`},
		{`"closed"`, "closed", long, `more than 64 bytes`},
		{`"closed"`, "closed", `\n` + long, `more than 64 bytes`},
		// members
		{`"closed"`, `}`, `,"closed":1}`, `member "closed" is unknown`},
		{`"closed"`, `"connection"`, `"Connection"`, `member "Connection" is unknown`},
		{`"closed"`, `}`, `,"connection":2}`, `member "connection" is there twice`},
		{`"closed"`, `}`, `,"node":"a"}`, `member "node" has no place here`},
		{`"closed"`, `"type":"closed",`, ``, `member "type" is not there`},
		{`"closed"`, `,"connection":2`, ``, `member "connection" is not there`},
		{`"closed"`, `"closed"`, `"opened"`, `type "opened" is unknown`},
		{`"closed"`, `"closed"`, `""`, `type "" is unknown`},
		// values
		{`"closed"`, `:2`, `:-2`, `no integer`},
		{`"closed"`, `:2`, `:02`, `no integer`},
		{`"closed"`, `:2`, `:2.0`, `"," wanted`},
		{`"closed"`, `:2`, `:2e0`, `"," wanted`},
		{`"closed"`, `:2`, `:"2"`, `no integer`},
		{`"closed"`, `:2`, `:18446744073709551616`, `no integer`},
		{`"closed"`, `:2`, `:null`, `no integer`},
		{`"what":"text"`, `"epoch":1`, `"epoch":4294967296`, `no integer`},
		{`"ended"`, `"reason":1`, `"reason":256`, `no integer`},
		{`"registered"`, `"key":"09`, `"key":"9`, `32 bytes wanted`},
		{`"registered"`, `"key":"09`, `"key":"0009`, `more than 64 bytes`},
		{`"registered"`, `"key":"09`, `"key":"0A`, `lower-case`},
		{`"registered"`, `"key":"09`, `"key":"0g`, `lower-case`},
		{`"kind":"dark"`, `"05"`, `"050"`, `odd number`},
		{`"kind":"dark"`, `"05"`, `""`, `a message of 0 bytes`},
		{`"kind":"dark"`, `"05"`, `"` + strings.Repeat("00", maxBytes+1) + `"`, `more than`},
		{`"kind":"dark"`, `"05"`, `"05","plain":""`, `member "plain" has no place`},
		{`"kind":"dark"`, `"dark"`, `"grey"`, `kind "grey" is unknown`},
		{`"kind":"dark"`, `"to":"server"`, `"to":"Server"`, `to "Server" is unknown`},
		{`"kind":"dark"`, `"to":"server"`, `"to":""`, `to "" is unknown`},
		{`"delivered"`, `"to":"server"`, `"to":"router"`, `to "router" is unknown`},
		{`"handshake"`, `,"plain":"04"`, ``, `member "plain" is not there`},
		{`"handshake"`, `}`, `,"message":"Ack"}`, `member "message" has no place`},
		{`"renewal"`, `,"inner":"08"`, ``, `member "inner" is not there`},
		{`"crashed"`, `"alice"`, `""`, `not a valid id`},
		{`"roster"`, `"added":["alice"]`, `"added":["alice"`, `"," wanted`},
		{`"roster"`, `"added":["alice"]`, `"added":["alice",]`, "\"\\\"\" wanted"},
		{`"roster"`, `"added":["alice"]`, `"added":"alice"`, `"[" wanted`},
		{`"roster"`, `"added":["alice"]`, `"added":[` + strings.Repeat(`"a",`, maxMembers) + `"a"]`, `more than 1024 items`},
		{`"roster"`, `"added":["alice"]`, `"added":[""]`, `not a valid id`},
		{`"roster"`, `,"joined":1`, ``, `member "joined" is not there`},
		{`"roster"`, `,"joined":1`, `,"joined":1,"left":2`, `member "left" is unknown`},
		{`"roster"`, `,"restarted":["bob"]`, ``, `member "restarted" is not there`},
		{`"what":"text"`, `"what":"text"`, `"what":"texts"`, `what "texts" is unknown`},
		{`"what":"text"`, `"what":"text"`, `"what":""`, `what "" is unknown`},
		{`"what":"text"`, `,"text":`, `,"texthex":"ff","text":`, `one of the members`},
		{`"texthex"`, `,"texthex":"ff"`, ``, `one of the members`},
		{`"texthex"`, `"texthex":"ff"`, `"texthex":"61"`, `belongs into "text"`},
		{`"texthex"`, `"texthex":"ff"`, `"texthex":""`, `belongs into "text"`},
		{`"what":"repeat"`, `}`, `,"text":""}`, `member "text" has no place`},
		{`"what":"ack"`, `,"upto":4`, ``, `member "upto" is not there`},
		{`"what":"ended"`, `0123456789"`, `012345678"`, `60 digits`},
		// what is said in words
		{`"message":"Delivery"`, `"Delivery"`, `"Ack"`, `member "message" is not what`},
		{`"message":"Delivery"`, `"message"`, `"packet"`, `member "packet" is not what`},
		{`"message":"Delivery"`, `"MSG"`, `"RCPT"`, `member "block" is not what`},
		{`"message":"Delivery"`, `"index":3`, `"index":4`, `member "index" is not what`},
		{`"message":"Delivery"`, `"conversation":"01`, `"conversation":"02`, `member "conversation" is not what`},
		{`"message":"Stocked"`, `}`, `,"index":0}`, `member "index" is not what`},
		{`"message":"Stocked"`, `}`, `,"block":""}`, `member "block" is not what`},
		{`"message":"Stocked"`, `}`, `,"conversation":"` + strings.Repeat("0", 64) + `"}`, `member "conversation" is not what`},
		{`"packet":"Data"`, `"Data"`, `"Ack"`, `member "packet" is not what`},
		// the header
		{`"cowpi"`, `"cowpi"`, `"cow"`, `but of "cow"`},
		{`"cowpi"`, `"version":1`, `"version":2,"new":3`, `version 2, only 1 is known`},
		{`"cowpi"`, `"version":1,`, ``, `member "version" is not there`},
		{`"cowpi"`, `,"timed":true`, ``, `member "timed" is not there`},
		{`"cowpi"`, `true`, `1`, `true or false`},
		{`"cowpi"`, `,"timed"`, `,"type":"header","timed"`, `member "type" is unknown`},
		{`"cowpi"`, `"suiteid":1`, `"suiteid":65536`, `no integer`},
		{`"cowpi"`, `"id":"router",`, ``, `member "id" is not there`},
		{`"cowpi"`, `"id":"router"`, `"id":""`, `not a valid id`},
		{`"cowpi"`, `"providers":[`, `"providers":[` + strings.Repeat(`{"id":"a","key":"`+strings.Repeat("0", 64)+`"},`, 15), `more than 16 items`},
		// the end
		{`"end"`, `"records":`, `"records":1`, `the end does not fit`},
		{`"end"`, `"digest":"`, `"digest":"0`, `more than 64 bytes`},
		{`"end"`, `,"digest"`, `,"now":1,"digest"`, `member "now" has no place`},
	} {
		name := fmt.Sprintf("%s: %.60s for %s", c.line, c.new, c.old)
		at := find(c.line)
		require.Contains(t, lines[at], c.old, name)
		changed := append([]string(nil), lines...)
		changed[at] = strings.Replace(changed[at], c.old, c.new, 1)
		if c.old == "\n" {
			at++ // an empty line is the next
		}
		_, err := codecs[1].load([]byte(strings.Join(changed, "")))
		require.Error(t, err, name)
		refused(t, err, formJSON, uint64(at), c.what)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, int64(len(strings.Join(lines[:at], ""))), e.Offset, name)
	}
}

// A time in a transcript without times: its line alone is right.
func TestJSONRefusesTime(t *testing.T) {
	lines := jsonLines(t, one(true))
	lines[0] = strings.Replace(lines[0], "true", "false", 1)
	_, err := codecs[1].load([]byte(strings.Join(lines, "")))
	require.Error(t, err)
	refused(t, err, formJSON, uint64(len(lines)-2), "not timed")
}

// endless is a line that does not end.
type endless struct{ begin, rest string }

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.begin)
	e.begin = e.begin[n:]
	for n < len(b) {
		n += copy(b[n:], e.rest)
	}
	return n, nil
}

func TestJSONLinesAreBounded(t *testing.T) {
	header := jsonLines(t, small())[0]
	for _, begin := range []string{"", header, header + `{"type":"sent","bytes":"`} {
		_, err := codecs[1].read(&endless{begin, "00"})
		record := uint64(0)
		if begin != "" {
			require.NoError(t, err)
			src, err2 := codecs[1].read(&endless{begin, "00"})
			require.NoError(t, err2)
			_, err = src.Next()
			record = 1
		}
		require.Error(t, err)
		refused(t, err, formJSON, record, "a line of more than")
	}
}

// The words of every message, and that a message between providers is not taken for
// one of a user.
func TestWords(t *testing.T) {
	var got []string
	for _, line := range jsonLines(t, one(false)) {
		var o struct {
			Type, Packet, Message, Block, Conversation string
			Index                                      *uint64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &o))
		if o.Type == "sent" && o.Packet+o.Message != "" {
			s := strings.TrimSpace(fmt.Sprint(o.Packet, " ", o.Message, " ", o.Block))
			if o.Conversation != "" {
				s += " " + o.Conversation[:6]
			}
			if o.Index != nil {
				s += fmt.Sprint(" ", *o.Index)
			}
			got = append(got, s)
		}
	}
	require.Equal(t, []string{"Data Propose 000000 5", "Prekeys", "Withdraw", "Fetch", "Upload MSG 010203", "Ack 010203 3", "HandoutAck", "Welcome", "Stocked",
		"Fetched", "FetchFailed", "Handouts", "LowStock", "Delivery MSG 010203 3", "Refused 010203 4", "Seen 010203"}, got)
}

// What is a packet depends on who is connected, and a corrupt copy of the router is
// one too.
func TestPacketsAndMessages(t *testing.T) {
	ack := Sent{7, true, []byte{1}, Opened{Data, append([]byte{5}, make([]byte, 40)...), nil}} // Ack from a user
	n := newNamer(small().Head)
	word := func() string { w := n.words(&ack); return w.packet + w.message }
	require.Equal(t, "Ack", word())
	for client, want := range map[string]string{"router": "Snapshot", "router*": "Snapshot", "router**": "Snapshot", "alice": "Ack", "mirror": "Ack"} {
		n.note(Connected{7, "alice", "router"})
		require.Equal(t, "Ack", word())
		n.note(Connected{7, "router", "mirror"})
		n.note(Connected{7, identity.ID(client), "mirror"})
		require.Equal(t, want, word(), client)
		n.note(Closed{7})
		require.Equal(t, "Ack", word())
	}
	for i := range uint64(3 * maxLinks) {
		n.note(Connected{i + 100, "router", "mirror"})
	}
	require.Len(t, n.links, maxLinks)
	for _, p := range [][]byte{nil, {0}, {7}, {255}} {
		require.Equal(t, words{}, n.words(&Sent{Conn: 100, Opened: Opened{Kind: Data, Plain: p}}))
	}
	for kind, name := range logNames {
		for size := range 60 {
			p := append([]byte{2, 16: 0, 17: kind}, make([]byte, size)...)
			w := n.words(&Sent{Conn: 100, Opened: Opened{Kind: Data, Plain: p}})
			require.Equal(t, "Data"+name, w.packet+w.message)
			require.Equal(t, w.indexed, name == "Propose" && size >= 40 || name == "Commit" && size >= 40 || name == "Verdict" && size >= 48)
		}
	}
}
