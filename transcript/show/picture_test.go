package show

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show/picture"
	"cowpi.example/transcript/transcripttest"
)

// pictured draws a transcript in JSON, and reads that.
func pictured(t *testing.T, src transcript.Source, opt Options) (string, picture.Picture) {
	var b bytes.Buffer
	require.NoError(t, JSON(&b, src, opt))
	p, err := picture.Read(strings.NewReader(b.String()))
	require.NoError(t, err)
	return b.String(), p
}

// What is read is what was drawn, and is written as the same bytes again.
func TestPictureRoundTrip(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash", "fork", "fork-single", "reorder", "participant"} {
		m := modelOf(t, name, Options{})
		var b, again bytes.Buffer
		require.NoError(t, picture.Write(&b, m.Picture()))
		p, err := picture.Read(bytes.NewReader(b.Bytes()))
		require.NoError(t, err)
		require.Equal(t, m.Picture(), p)
		require.NoError(t, picture.Write(&again, p))
		require.Equal(t, b.String(), again.String())
		require.NotContains(t, b.String(), "null", "a list is a list, also an empty one")
		require.Equal(t, 1, strings.Count(b.String(), "\n"))
	}
}

// tree is JSON as any program has it.
func tree(t *testing.T, b string) (out map[string]any) {
	require.NoError(t, json.Unmarshal([]byte(b), &out))
	return out["conversations"].([]any)[0].(map[string]any)
}

func TestPictureOfPlainConversation(t *testing.T) {
	_, p := pictured(t, transcripttest.Record(t, transcripttest.Parse(t, "conversation lunch: Alice Bob\nAlice: Lunch?\nBob: Yes.\n")).Source(), Options{})
	require.Equal(t, ids("router", "mirror1", "mirror2"), p.Providers)
	require.Empty(t, p.Faults)
	require.Len(t, p.Conversations, 1)
	c := p.Conversations[0]
	require.Empty(t, c.Differences)
	require.Empty(t, c.Stops)
	require.Empty(t, c.Left)
	require.Equal(t, []picture.Epoch{{Epoch: 0, From: 0, Members: ids("Alice", "Bob")}}, c.Epochs)
	for _, l := range c.Participants {
		require.Equal(t, "active", l.State)
		require.Len(t, l.Spans, 1)
		require.True(t, l.Spans[0].Open)
	}
	var said []string
	for _, r := range c.Rows {
		require.Len(t, r.Entries, 1)
		e := r.Entries[0]
		require.Len(t, e.Uploads, 1)
		require.Equal(t, picture.Upload{From: e.Author, To: "router", Arrived: true}, e.Uploads[0])
		require.Len(t, e.Proposals, 2)
		for _, o := range e.Proposals {
			require.True(t, o.Arrived && o.Committed && !o.Refused)
		}
		require.Len(t, e.Deliveries, 3)
		for i, d := range e.Deliveries {
			require.Equal(t, p.Providers[i], d.From)
			slices.Sort(d.To)
			require.Equal(t, ids("Alice", "Bob"), d.To)
		}
		for _, v := range r.Views {
			if v.What == "text" {
				require.ElementsMatch(t, ids("Alice", "Bob"), v.Who)
				require.Len(t, v.TextID, 32)
				said = append(said, string(v.Party)+": "+*v.Text)
			}
		}
	}
	require.Equal(t, []string{"Alice: Lunch?", "Bob: Yes."}, said)
	// Alice learnt that Bob has her text.
	i := slices.IndexFunc(c.Rows, func(r picture.Row) bool { return r.Entries[0].Type == "MSG" && r.Entries[0].Author == "Alice" })
	require.Contains(t, c.Rows[i].Receipts, picture.Receipt{Who: "Alice", Has: ids("Bob"), Stopped: []identity.ID{}})
}

// parts finds from JSON alone, without any type of ours, where deliveries part: the
// first index as which two things were delivered.
func parts(c map[string]any) float64 {
	for _, r := range c["rows"].([]any) {
		row, n := r.(map[string]any), 0
		for _, e := range row["entries"].([]any) {
			if len(e.(map[string]any)["deliveries"].([]any)) > 0 {
				n++
			}
		}
		if n > 1 {
			return row["index"].(float64)
		}
	}
	return -1
}

// The fork of the paper is found in JSON: where, who served whom with what, and who
// stopped. With a router alone nobody stops, and two groups were shown two texts.
func TestPictureOfForks(t *testing.T) {
	out, p := pictured(t, transcripttest.RecordScript(t, "fork").Source(), Options{})
	c := tree(t, out)
	require.Equal(t, 12.0, parts(c))
	first := c["differences"].([]any)[0].(map[string]any)
	require.Equal(t, 12.0, first["index"])
	require.Equal(t, []any{"A", "B"}, first["deliveries"])
	require.Equal(t, []any{"Charlie", "Dave"}, first["noticed"])
	require.Contains(t, c["providers"], "router*")
	var stopped []string
	for _, s := range c["stops"].([]any) {
		s := s.(map[string]any)
		require.Equal(t, []any{12.0, "D1"}, []any{s["index"], s["check"]})
		stopped = append(stopped, s["who"].(string))
	}
	require.ElementsMatch(t, []string{"Charlie", "Dave"}, stopped)
	for _, r := range p.Conversations[0].Rows {
		for _, e := range r.Entries {
			for _, d := range e.Deliveries {
				if r.Index == 12 {
					require.Equal(t, d.From == "router*", e.Letter == "B")
				}
			}
		}
	}

	_, p = pictured(t, transcripttest.RecordScript(t, "fork-single").Source(), Options{})
	d := p.Conversations[0].Differences[0]
	require.Len(t, d.Views, 2)
	require.Empty(t, d.Noticed)
	require.Empty(t, p.Conversations[0].Stops)

	out, _ = pictured(t, transcripttest.RecordScript(t, "default").Source(), Options{}) // the control
	require.Equal(t, -1.0, parts(tree(t, out)))
}

// A stop that somebody healed: what was delivered out of its place says where it
// belongs, others learn of it, and the roster's change stands in the views.
func TestPictureOfAStop(t *testing.T) {
	_, p := pictured(t, transcripttest.RecordScript(t, "reorder").Source(), Options{})
	c := p.Conversations[0]
	require.Len(t, c.Stops, 1)
	require.Equal(t, picture.Stop{Who: "Bob", Index: 2, Check: "D1", Error: c.Stops[0].Error, Over: true}, c.Stops[0])
	require.Len(t, c.Participants[1].Spans, 2)
	var told, restarted, elsewhere bool
	for _, r := range c.Rows {
		for _, x := range r.Receipts {
			told = told || x.Who == "Alice" && slices.Contains(x.Stopped, "Bob")
		}
		for _, v := range r.Views {
			restarted = restarted || slices.Contains(v.Restarted, "Bob")
			for _, m := range v.Members {
				require.Len(t, m.Key, 64)
			}
		}
		for _, e := range r.Entries {
			elsewhere = elsewhere || r.Index == 2 && e.Letter == "B" && e.Elsewhere != nil && *e.Elsewhere == 3
		}
	}
	require.True(t, told && restarted && elsewhere)
}

// Whatever a text holds, it is the same after reading, and nothing of it reaches a
// terminal. Texts that are no UTF-8 are in hexadecimal.
func TestPictureOfHostileTexts(t *testing.T) {
	clean := strings.ToValidUTF8(nasty, "")
	m := hostile()
	for i, r := range m.Records { // as a transcript may have it
		if s, ok := r.(transcript.Saw); ok {
			s.Check, s.Error, s.Code = clean[:30], strings.ToValidUTF8(s.Error, ""), ""
			m.Records[i] = s
			if s.What == transcript.Text {
				m.Records = append(m.Records, transcript.Saw{Who: s.Who, What: transcript.Text, Index: 2, Party: s.Party, Text: []byte(clean)})
			}
		}
	}
	m.Head.Suite = clean[:40]
	out, p := pictured(t, m.Source(), Options{})
	for _, r := range strings.TrimSuffix(out, "\n") {
		require.True(t, unicode.IsPrint(r), "%U", r)
	}
	require.Equal(t, clean[:40], p.Suite)
	require.Equal(t, clean, p.Faults[0].Error)
	c := p.Conversations[0]
	require.Equal(t, clean, c.Stops[0].Error)
	var texts, hex int
	for _, r := range c.Rows {
		for _, v := range r.Views {
			if v.Text != nil {
				require.Equal(t, clean, *v.Text)
				texts++
			}
			if v.TextHex != "" {
				require.Contains(t, v.TextHex, "ff00")
				hex++
			}
		}
	}
	require.Equal(t, []int{1, 2}, []int{texts, hex}, "the same for both, and for each another")

	short, p := pictured(t, m.Source(), Options{TextBytes: 10})
	require.Less(t, len(short), len(out))
	require.Equal(t, len(clean)-10, p.Conversations[0].Rows[2].Views[0].Cut)
}

// However long a transcript is, its picture is bounded, says what it left out, and
// has the first difference.
func TestPictureIsBounded(t *testing.T) {
	out, p := pictured(t, &long{n: 50_000, fork: 20_000}, Options{Rows: 100})
	require.Less(t, len(out), 100_000)
	c := p.Conversations[0]
	require.Equal(t, uint64(20_000), c.Differences[0].Index)
	require.Contains(t, strings.Join(c.Left, "\n"), "not drawn")
	all := uint64(0)
	for _, r := range c.Rows {
		all += r.Skipped + 1
	}
	require.Equal(t, uint64(50_000), all)
}

// An author whose roster is not in the transcript has no name in a picture.
func TestPictureNamesNobodyUnknown(t *testing.T) {
	m := transcripttest.Record(t, transcripttest.Parse(t, "conversation lunch: Alice Bob\nAlice: Lunch?\n"))
	var rest transcript.Memory
	rest.Head = m.Head
	begun := false
	for _, r := range m.Records {
		if s, ok := r.(transcript.Sent); ok && !begun && len(s.Opened.Plain) > 0 && s.Opened.Plain[0] == saysUpload {
			begun = true // the SETUP, which has the roster
			s.Opened = transcript.Opened{}
			r = s
		}
		if s, ok := r.(transcript.Sent); ok && bytes.Contains(s.Opened.Plain, []byte("Alice")) {
			s.Opened = transcript.Opened{}
			r = s
		}
		rest.Records = append(rest.Records, r)
	}
	_, p := pictured(t, rest.Source(), Options{})
	n := 0
	for _, r := range p.Conversations[0].Rows {
		for _, e := range r.Entries {
			require.Empty(t, e.Author)
			n++
		}
	}
	require.Positive(t, n)
}

// The members in ../README.md are those of the types, and the example is what the
// code reads and writes.

var memberName = regexp.MustCompile("`([a-z]+)`")

func membersOf(cell string) (out []string) {
	for _, m := range memberName.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	return out
}

// fieldsOf lists the members of a type: those that are always there, and others.
func fieldsOf(typ reflect.Type) (always, sometimes []string) {
	for i := range typ.NumField() {
		name, option, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if option == "" {
			always = append(always, name)
		} else {
			sometimes = append(sometimes, name)
		}
	}
	return always, sometimes
}

func TestReadmeDescribesPictures(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(b), "\n## Pictures for programs\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	types := []any{picture.Picture{}, picture.Conversation{}, picture.Participant{}, picture.Span{}, picture.Epoch{}, picture.Row{},
		picture.Entry{}, picture.Upload{}, picture.Proposal{}, picture.Delivery{}, picture.View{}, picture.Member{}, picture.Receipt{},
		picture.Note{}, picture.Difference{}, picture.Stop{}, picture.Fault{}}
	_, table, ok := strings.Cut(section, "\n| object | always there | or not |\n|---|---|---|\n")
	require.True(t, ok)
	table, rest, _ := strings.Cut(table, "\n\n")
	lines := strings.Split(table, "\n")
	require.Len(t, lines, len(types))
	told := membersOf(rest)
	for i, line := range lines {
		cells := strings.Split(line, "|")
		require.Len(t, cells, 5, line)
		always, sometimes := fieldsOf(reflect.TypeOf(types[i]))
		require.Equal(t, always, membersOf(cells[2]), line)
		require.Equal(t, sometimes, membersOf(cells[3]), line)
		for _, name := range append(always, sometimes...) {
			require.Contains(t, told, name, "what it means is said below the table")
		}
	}
	for _, state := range stateNames {
		require.Contains(t, told, state)
	}
	for w := transcript.Text; w <= transcript.Roster; w++ {
		require.Contains(t, told, w.String())
	}

	example := regexp.MustCompile("(?ms)^```\n(.*?)^```$").FindStringSubmatch(section)
	require.NotNil(t, example)
	p, err := picture.Read(strings.NewReader(example[1]))
	require.NoError(t, err)
	require.Equal(t, identity.ID("Alice"), p.Conversations[0].Rows[0].Views[0].Party)
	var out, want bytes.Buffer
	require.NoError(t, picture.Write(&out, p))
	require.NoError(t, json.Compact(&want, []byte(example[1])))
	require.Equal(t, want.String(), strings.TrimSpace(out.String()))
}
