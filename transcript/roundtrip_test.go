package transcript

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/identity"
)

// What is written reads back the same, in both forms, and each form of it converts
// into the other byte for byte.
func TestRoundTrips(t *testing.T) {
	check := func(t require.TestingT, m *Memory) {
		var forms [2][]byte
		for i, c := range codecs {
			forms[i] = c.bytes(t, m)
			back, err := c.load(forms[i])
			require.NoError(t, err)
			require.Equal(t, m, back)
		}
		for i, c := range codecs {
			src, err := Open(bytes.NewReader(forms[1-i]))
			require.NoError(t, err)
			var b bytes.Buffer
			w, err := c.write(&b, src.Header())
			require.NoError(t, err)
			require.NoError(t, Copy(w, src))
			require.Equal(t, string(forms[i]), b.String())
		}
	}
	check(t, one(true))
	check(t, one(false))
	check(t, &Memory{})
	rapid.Check(t, func(t *rapid.T) { check(t, drawTranscript(t)) })
}

// However little comes at once.
func TestReadersTakeWhatComes(t *testing.T) {
	m := one(true)
	for _, c := range codecs {
		for _, slow := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			src, err := Open(slow(bytes.NewReader(c.bytes(t, m))))
			require.NoError(t, err)
			require.Equal(t, m.Head, src.Header())
			back, err := Load(src)
			require.NoError(t, err)
			require.Equal(t, m, back)
			_, err = src.Next() // and again
			require.Equal(t, io.EOF, err)
		}
	}
}

// The largest of everything fits into both forms.
func TestLargestRecords(t *testing.T) {
	long := make([]byte, maxBytes)
	m := &Memory{Head: Header{Timed: true}, Records: []Record{
		Sent{1, true, long, Opened{Kind: Renewal, Plain: long[:maxSent-maxBytes-5], Inner: long[:5]}},
		Saw{Who: "a", What: Text, Text: bytes.Repeat([]byte{1}, maxText)},
		Saw{Who: "a", What: Text, Text: bytes.Repeat([]byte{0xff}, maxText)},
		Saw{Who: "a", What: Ended, Error: string(bytes.Repeat([]byte{1}, maxWords))},
	}}
	roster := Saw{Who: "a", What: Roster}
	for range maxMembers {
		id := identity.ID(strings.Repeat("\x01", maxName))
		roster.Members, roster.Added = append(roster.Members, Member{ID: id}), append(roster.Added, id)
		roster.Removed, roster.Restarted = append(roster.Removed, id), append(roster.Restarted, id)
	}
	m.Records = append(m.Records, roster)
	for _, c := range codecs {
		back, err := c.load(c.bytes(t, m))
		require.NoError(t, err, c.name)
		require.True(t, len(back.Records) == len(m.Records))
		for i := range m.Records {
			a, err := appendRecord(nil, m.Records[i], true)
			require.NoError(t, err)
			b, err := appendRecord(nil, back.Records[i], true)
			require.NoError(t, err)
			require.LessOrEqual(t, len(a), MaxRecord+4)
			require.True(t, bytes.Equal(a, b))
		}
	}
}
