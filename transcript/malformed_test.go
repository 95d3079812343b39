package transcript

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
)

// frames splits what follows the magic.
func frames(b []byte) (out [][]byte) {
	for b = b[len(magic):]; len(b) > 0; {
		n := 4 + binary.BigEndian.Uint32(b)
		out, b = append(out, b[:n]), b[n:]
	}
	return out
}

// small has a record that most malformations can be made of.
func small() *Memory {
	return &Memory{Head: Header{Suite: "S", Providers: []identity.Party{{ID: "router"}}}, Records: []Record{
		Connected{1, "a", "router"}, Sent{1, true, []byte{7}, Opened{Kind: Data, Plain: []byte{5}}},
		Saw{Who: "a", Number: 1, What: Roster, Added: []identity.ID{"b"}}}}
}

// Every way in which a frame can be wrong, with the place that the error names. The
// end is right each time, so nothing but the frame is wrong.
func TestBinaryRefuses(t *testing.T) {
	whole := codecs[0].bytes(t, small())
	parts := frames(whole)
	body := func(tag byte, fields ...any) []byte {
		b := []byte{0, 0, 0, 0, tag}
		for _, f := range fields {
			var err error
			b, err = binary.Append(b, binary.BigEndian, f)
			require.NoError(t, err)
		}
		return seal(b, 0)
	}
	id := func(s string) []byte { return appendID(nil, identity.ID(s)) }
	field := func(n int) []byte { return appendField(nil, make([]byte, n)) }
	saw := func(change func(*Saw)) []byte {
		s := Saw{Who: "a", What: Roster, Party: "b"}
		change(&s)
		return seal(appendSaw([]byte{0, 0, 0, 0, tagSaw}, &s), 0)
	}
	header := func(change func(*Header)) []byte {
		h := small().Head
		change(&h)
		return appendHeader(nil, h)
	}
	for name, c := range map[string]struct {
		at    int // which frame; 0: the header
		frame []byte
		what  string
	}{
		"good":                   {2, parts[2], ""}, // the control: this way of changing a frame is no fault itself
		"version":                {0, append([]byte{0, 0, 0, 1}, 2), "version 2"},
		"suite's name":           {0, header(func(h *Header) { h.Suite = strings.Repeat("s", 65) }), "suite name"},
		"suite not UTF-8":        {0, header(func(h *Header) { h.Suite = "\xff" }), "not UTF-8"},
		"provider id":            {0, header(func(h *Header) { h.Providers[0].ID = "\xff" }), "not a valid id"},
		"providers":              {0, header(func(h *Header) { h.Providers = make([]identity.Party, 17) }), "17 items"},
		"header too long":        {0, body(Version, append(parts[0][5:len(parts[0]):len(parts[0])], 1)), "left over"},
		"header too short":       {0, body(Version, parts[0][5:9]), "header"},
		"timed":                  {0, body(Version, uint16(1), field(0), uint8(2), uint16(0)), "neither 0 nor 1"},
		"no length":              {1, []byte{0, 0, 0, 0}, "a record of 0 bytes"},
		"too long":               {1, []byte{0, 0x40, 0, 1, tagSent}, "a record of 4194305 bytes"},
		"unknown type":           {1, body(99), "type 99"},
		"a second header":        {2, parts[0], "record"},
		"end in the middle":      {1, appendEnd(nil, 0, [32]byte{}), "the end does not fit"},
		"end too short":          {1, body(tagEnd, uint64(0)), "the end does not fit"},
		"left over":              {2, body(tagClosed, uint64(1), uint8(0)), "left over"},
		"too short":              {2, body(tagClosed, uint32(1)), "ends too early"},
		"client":                 {1, body(tagConnected, uint64(1), id(""), id("b")), "client"},
		"server":                 {1, body(tagConnected, uint64(1), id("a"), id("\xff")), "server"},
		"registered":             {1, body(tagRegistered, id("a"), id(""), make([]byte, 32)), "not a valid id"},
		"registered by":          {1, body(tagRegistered, id(""), id("a"), make([]byte, 32)), "provider"},
		"crashed":                {1, body(tagCrashed, id(strings.Repeat("a", 65))), "not a valid id"},
		"saved":                  {1, body(tagSaved, id("")), "not a valid id"},
		"restored":               {1, body(tagRestored, id("")), "not a valid id"},
		"clock":                  {3, body(tagClock, uint64(1)), "not timed"},
		"direction":              {2, body(tagDelivered, uint64(1), uint8(2)), "neither 0 nor 1"},
		"no bytes":               {2, body(tagSent, uint64(1), uint8(0), field(0), uint8(0), field(0), field(0)), "a message of 0 bytes"},
		"many bytes":             {2, body(tagSent, uint64(1), uint8(0), field(maxBytes+1), uint8(0), field(0), field(0)), "field bytes"},
		"much plain":             {2, body(tagSent, uint64(1), uint8(0), field(1), uint8(3), field(maxBytes+1), field(0)), "field plain"},
		"all too much":           {2, body(tagSent, uint64(1), uint8(0), field(maxBytes), uint8(4), field(maxSent-maxBytes), field(1)), "what is in it"},
		"kind":                   {2, body(tagSent, uint64(1), uint8(0), field(1), uint8(5), field(0), field(0)), "kind 5"},
		"a dark one that opens":  {2, body(tagSent, uint64(1), uint8(0), field(1), uint8(0), field(1), field(0)), "something is opened"},
		"a hello that opens":     {2, body(tagSent, uint64(1), uint8(0), field(1), uint8(1), field(1), field(0)), "something is opened"},
		"a frame with inner":     {2, body(tagSent, uint64(1), uint8(0), field(1), uint8(3), field(1), field(1)), "something is opened"},
		"who":                    {3, saw(func(s *Saw) { s.Who = "" }), "who"},
		"what 0":                 {3, saw(func(s *Saw) { s.What = 0 }), "event of kind 0"},
		"what 9":                 {3, saw(func(s *Saw) { s.What = 9 }), "event of kind 9"},
		"party":                  {3, saw(func(s *Saw) { s.Party = "\xff" }), "party"},
		"member":                 {3, saw(func(s *Saw) { s.Members = []Member{{}} }), "member"},
		"added":                  {3, saw(func(s *Saw) { s.Added = []identity.ID{""} }), "added"},
		"removed":                {3, saw(func(s *Saw) { s.Removed = []identity.ID{""} }), "removed"},
		"restarted":              {3, saw(func(s *Saw) { s.Restarted = []identity.ID{""} }), "restarted"},
		"members":                {3, saw(func(s *Saw) { s.Added = make([]identity.ID, maxMembers+1) }), "items"},
		"text":                   {3, saw(func(s *Saw) { s.What, s.Text = Text, make([]byte, maxText+1) }), "field text"},
		"check":                  {3, saw(func(s *Saw) { s.What, s.Party, s.Check = Ended, "", strings.Repeat("W", 65) }), "field check"},
		"check not UTF-8":        {3, saw(func(s *Saw) { s.What, s.Party, s.Check = Ended, "", "\xff" }), "not UTF-8"},
		"error":                  {3, saw(func(s *Saw) { s.What, s.Party, s.Error = Ended, "", strings.Repeat("W", maxWords+1) }), "field error"},
		"error not UTF-8":        {3, saw(func(s *Saw) { s.What, s.Party, s.Error = Ended, "", "\xff" }), "not UTF-8"},
		"code":                   {3, saw(func(s *Saw) { s.What, s.Party, s.Code = Ended, "", "123" }), "60 digits"},
		"code without digits":    {3, saw(func(s *Saw) { s.What, s.Party, s.Code = Ended, "", strings.Repeat("a", 60) }), "60 digits"},
		"a fault with an index":  {3, saw(func(s *Saw) { s.What, s.Index = Fault, 1 }), "has no index"},
		"an ack with an epoch":   {3, saw(func(s *Saw) { s.What, s.Epoch = Ack, 1 }), "has no epoch"},
		"an end with a party":    {3, saw(func(s *Saw) { s.What = Ended }), "has no party"},
		"a text with upto":       {3, saw(func(s *Saw) { s.What, s.UpTo = Text, 1 }), "has no upto"},
		"a roster with an id":    {3, saw(func(s *Saw) { s.ID = content.TextID{1} }), "has no textid"},
		"a repeat with a text":   {3, saw(func(s *Saw) { s.What, s.Text = Repeat, []byte{1} }), "has no text"},
		"a text with a roster":   {3, saw(func(s *Saw) { s.What, s.Restarted = Text, []identity.ID{"a"} }), "has no members"},
		"a fault with a reason":  {3, saw(func(s *Saw) { s.What, s.Reason = Fault, 1 }), "has no reason"},
		"a roster with an error": {3, saw(func(s *Saw) { s.Error = "x" }), "has no check, error"},
	} {
		changed := append([][]byte(nil), parts[:len(parts)-1]...)
		changed[c.at] = c.frame
		b := resealed(append([]byte(magic), bytes.Join(changed, nil)...), len(changed)-1)
		_, err := codecs[0].load(b)
		if c.what == "" {
			require.NoError(t, err, name)
			continue
		}
		require.Error(t, err, name)
		refused(t, err, formBinary, uint64(c.at), c.what)
		var e *Error
		require.ErrorAs(t, err, &e)
		offset := len(magic) + len(bytes.Join(changed[:c.at], nil))
		require.Equal(t, int64(offset), e.Offset, name)
	}
}

// resealed puts the right end behind what is there.
func resealed(b []byte, records int) []byte {
	t, err := begin(Header{})
	if err != nil {
		panic(err)
	}
	t.sum.Reset()
	_, _ = t.sum.Write(b)
	return appendEnd(b, uint64(records), t.end())
}

func TestWritersRefuse(t *testing.T) {
	for name, r := range map[string]Record{
		"nothing":         nil,
		"a pointer":       &Sent{Bytes: []byte{1}},
		"member's id":     Saw{Who: "a", What: Roster, Members: []Member{{ID: "\xff"}}},
		"many members":    Saw{Who: "a", What: Roster, Members: make([]Member, 1<<16)}, // a count cannot hold them
		"many added":      Saw{Who: "a", What: Roster, Added: make([]identity.ID, maxMembers+1)},
		"party":           Saw{Who: "a", What: Text, Party: "\xff"},
		"added":           Saw{Who: "a", What: Roster, Added: []identity.ID{""}},
		"who":             Saw{What: Ended},
		"text":            Saw{Who: "a", What: Text, Text: make([]byte, maxText+1)},
		"error":           Saw{Who: "a", What: Ended, Error: strings.Repeat("a", maxWords+1)},
		"error not UTF-8": Saw{Who: "a", What: Ended, Error: "\xff"},
		"code":            Saw{Who: "a", What: Ended, Code: "1"},
		"epoch":           Saw{Who: "a", What: Ack, Epoch: 1},
		"event":           Saw{Who: "a", What: 9},
		"no bytes":        Sent{},
		"many bytes":      Sent{Bytes: make([]byte, maxBytes+1)},
		"all too much":    Sent{Bytes: make([]byte, maxBytes), Opened: Opened{Data, make([]byte, maxBytes), nil}},
		"kind":            Sent{Bytes: []byte{1}, Opened: Opened{Kind: 5}},
		"opened":          Sent{Bytes: []byte{1}, Opened: Opened{Kind: Hello, Plain: []byte{1}}},
		"time":            Clock{1},
		"node":            Crashed{},
		"saved":           Saved{},
		"restored":        Restored{},
		"client":          Connected{1, "", "b"},
		"user":            Registered{"a", identity.Party{}},
	} {
		for _, c := range codecs {
			var b bytes.Buffer
			w, err := c.write(&b, Header{})
			require.NoError(t, err)
			require.NoError(t, w.Write(Closed{1}))
			refused(t, w.Write(r), c.name, 2, "refused")
			require.NoError(t, w.Write(Closed{2}), name) // it has left no trace
			require.NoError(t, w.Close())
			back, err := c.load(b.Bytes())
			require.NoError(t, err)
			require.Equal(t, []Record{Closed{1}, Closed{2}}, back.Records)
		}
	}
	for name, h := range map[string]Header{
		"suite":     {Suite: strings.Repeat("a", 65)},
		"UTF-8":     {Suite: "\xff"},
		"providers": {Providers: make([]identity.Party, 17)},
		"id":        {Providers: []identity.Party{{}}},
	} {
		for _, c := range codecs {
			_, err := c.write(io.Discard, h)
			require.Error(t, err, name)
			refused(t, err, c.name, 0, "header")
		}
	}
}

// A transcript that stops anywhere is no transcript, nor is one with more behind it.
func TestTruncationIsNoticed(t *testing.T) {
	for _, c := range codecs {
		whole := c.bytes(t, one(true))
		for n := range whole {
			_, err := c.load(whole[:n])
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, n)
			refused(t, err, c.name, errRecord(err), "cut off")
			src, err := Open(bytes.NewReader(whole[:n]))
			if err == nil {
				_, err = Load(src)
			}
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, n)
		}
		for _, more := range []string{"\n", " ", "\x00", string(whole)} {
			_, err := c.load(append(whole[:len(whole):len(whole)], more...))
			require.Error(t, err)
			refused(t, err, c.name, uint64(len(one(true).Records)+1), "something after the end")
		}
	}
}

func errRecord(err error) uint64 {
	var e *Error
	errors.As(err, &e)
	return e.Record
}

// Every change of every byte, in both forms.
func TestEveryChangedByteIsNoticed(t *testing.T) {
	for _, c := range codecs {
		whole := c.bytes(t, small())
		for i := range whole {
			for x := 1; x < 256; x++ {
				if testing.Short() && x&(x-1) != 0 {
					continue
				}
				changed := bytes.Clone(whole)
				changed[i] ^= byte(x)
				_, err := c.load(changed)
				require.Error(t, err, "%s: byte %d xor %d", c.name, i, x)
				var e *Error
				require.ErrorAs(t, err, &e)
			}
		}
		whole = c.bytes(t, one(true))
		for i := range whole {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			_, err := c.load(changed)
			require.Error(t, err, "%s: byte %d", c.name, i)
		}
	}
}

// Records that change places, are left out or are doubled are each well formed; the
// end notices.
func TestTheEndNotices(t *testing.T) {
	for _, c := range codecs {
		parts := bytes.SplitAfter(codecs[1].bytes(t, small()), []byte("\n"))
		parts = parts[:len(parts)-1]
		if c.name == formBinary {
			parts = frames(codecs[0].bytes(t, small()))
			parts[0] = append([]byte(magic), parts[0]...)
		}
		for name, order := range map[string][]int{"": {0, 1, 2, 3, 4}, "swapped": {0, 1, 3, 2, 4}, "left out": {0, 1, 3, 4}, "doubled": {0, 1, 2, 2, 3, 4},
			"nothing": {0, 4}} {
			var b []byte
			for _, i := range order {
				b = append(b, parts[i]...)
			}
			_, err := c.load(b)
			if name == "" {
				require.NoError(t, err)
				continue
			}
			require.Error(t, err, name)
			refused(t, err, c.name, uint64(len(order)-1), "the end does not fit")
		}
	}
}

var errDisk = errors.New("the disk is gone")

// failing is a writer that takes n bytes.
type failing struct{ n int }

func (f *failing) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errDisk
	}
	return len(b), nil
}

// What is underneath may fail; that is final, and not the transcript's fault.
func TestErrorsUnderneath(t *testing.T) {
	for _, c := range codecs {
		whole := c.bytes(t, one(true))
		for _, n := range []int{0, 3, len(magic), len(magic) + 3, len(whole) / 2, len(whole)} {
			r := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(errDisk))
			src, err := c.read(r)
			for err == nil {
				_, err = src.Next()
			}
			require.ErrorIs(t, err, errDisk)
			require.False(t, errors.As(err, new(*Error)))
			if src != nil {
				_, again := src.Next()
				require.Equal(t, err, again)
			}
			src, err = Open(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(errDisk)))
			for err == nil {
				_, err = src.Next()
			}
			require.ErrorIs(t, err, errDisk)
		}
		for _, n := range []int{0, bufferSize, 3 * bufferSize} {
			w, err := c.write(&failing{n}, Header{})
			require.NoError(t, err)
			for range 4 * bufferSize / 300 {
				if err = w.Write(Sent{1, true, make([]byte, 300), Opened{}}); err != nil {
					break
				}
			}
			if err == nil {
				err = w.Close()
			}
			require.ErrorIs(t, err, errDisk)
			require.Equal(t, err, w.Write(Closed{1}))
			require.Equal(t, err, w.Close())
		}
		w, err := c.write(io.Discard, Header{})
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.ErrorIs(t, w.Write(Closed{1}), errClosed)
		require.ErrorIs(t, w.Close(), errClosed)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, b := range []string{"", " ", "X", "  X", "[1]", "\n{", strings.Repeat(" ", bufferSize+1), "Cow", "{", "{}\n", "\xef\xbb\xbf{}"} {
		src, err := Open(strings.NewReader(b))
		require.Nil(t, src)
		require.Error(t, err, "%.20q", b)
		require.ErrorAs(t, err, new(*Error), "%.20q", b)
	}
	spaced := " \t\r" + string(codecs[1].bytes(t, small()))
	src, err := Open(strings.NewReader(spaced))
	require.NoError(t, err)
	back, err := Load(src)
	require.NoError(t, err)
	require.Equal(t, small(), back)
}
