package transcript

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/suite"
)

var update = flag.Bool("update", false, "write the corpora of the fuzz targets anew")

// With -update this writes the seed corpora in testdata/fuzz. Ends are left away:
// the targets make the right one, so that what is before it is looked at.
func TestCorpora(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	var seeds [2][][]byte
	for _, m := range []*Memory{{}, small(), one(true), one(false)} {
		b := codecs[0].bytes(t, m)
		seeds[0] = append(seeds[0], b[:len(b)-len(appendEnd(nil, 0, [32]byte{}))])
		b = codecs[1].bytes(t, m)
		seeds[1] = append(seeds[1], b[:bytes.LastIndex(b, []byte(`{"type":"end"`))])
	}
	for _, r := range one(true).Records { // one by one, which is easier to change
		m := &Memory{Head: Header{Timed: true}, Records: []Record{r}}
		b := codecs[0].bytes(t, m)
		seeds[0] = append(seeds[0], b[:len(b)-len(appendEnd(nil, 0, [32]byte{}))])
		b = codecs[1].bytes(t, m)
		seeds[1] = append(seeds[1], b[:bytes.LastIndex(b, []byte(`{"type":"end"`))])
	}
	corpustest.Write(t, "transcript.FuzzBinary", seeds[0])
	corpustest.Write(t, "transcript.FuzzJSON", seeds[1])
	var states [][]byte
	for _, m := range []MessageState{oneState(), {Author: "a", Upload: []byte{1}}, {Author: "é", Upload: []byte{1}, Auths: []suite.Key{{1}, {2}}}} {
		b, err := m.MarshalJSON()
		require.NoError(t, err)
		states = append(states, b, bytes.ReplaceAll(b, []byte(","), []byte(" ,\n\t")))
	}
	corpustest.Write(t, "transcript.FuzzMessageState", states)
}

// bounded demands that what came out is not much more than what went in.
func bounded(t *testing.T, m *Memory, in int) {
	size := 0
	for _, r := range m.Records {
		b, err := appendRecord(nil, r, true)
		require.NoError(t, err)
		size += len(b)
	}
	require.LessOrEqual(t, size, in+MaxRecord)
}

// What is accepted in binary form encodes to the same bytes, and survives JSON.
func FuzzBinary(f *testing.F) {
	corpustest.Add(f, "transcript.FuzzBinary")
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := codecs[0].load(body); err == nil {
			require.Greater(t, len(body), 45) // it has an end of its own
		}
		count := -1
		for rest := body[min(len(magic), len(body)):]; len(rest) >= 4; count++ {
			rest = rest[min(uint64(len(rest)), 4+uint64(binary.BigEndian.Uint32(rest))):]
		}
		b := resealed(bytes.Clone(body), count)
		m, err := codecs[0].load(b)
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
			require.False(t, errors.Is(err, io.EOF))
			return
		}
		bounded(t, m, len(b))
		require.Equal(t, b, codecs[0].bytes(t, m))
		text := codecs[1].bytes(t, m)
		again, err := codecs[1].load(text)
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

// What is accepted as JSON lines is written in one way, which is read as the same and
// written in the same way.
func FuzzJSON(f *testing.F) {
	corpustest.Add(f, "transcript.FuzzJSON")
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := codecs[1].load(body); err == nil {
			require.Contains(t, string(body), "digest")
		}
		r, err := NewJSONReader(bytes.NewReader(body))
		for err == nil {
			_, err = r.Next()
		}
		require.ErrorAs(t, err, new(*Error))
		if r == nil || !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasSuffix(body, []byte("\n")) {
			return
		}
		// Every line is taken, and only the end is missing.
		w := &JSONWriter{t: r.t, place: place{form: formJSON}}
		end := new(strings.Builder)
		w.w = bufio.NewWriter(end)
		require.NoError(t, w.Close())
		whole := append(bytes.Clone(body), end.String()...)
		m, err := codecs[1].load(whole)
		require.NoError(t, err)
		bounded(t, m, len(whole))
		canonical := codecs[1].bytes(t, m)
		again, err := codecs[1].load(canonical)
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.Equal(t, canonical, codecs[1].bytes(t, again))
		back, err := codecs[0].load(codecs[0].bytes(t, m))
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}

func FuzzMessageState(f *testing.F) {
	corpustest.Add(f, "transcript.FuzzMessageState")
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMessageState(bytes.NewReader(b))
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
			require.Equal(t, MessageState{}, m)
			return
		}
		canonical, err := m.MarshalJSON()
		require.NoError(t, err)
		var again MessageState
		require.NoError(t, again.UnmarshalJSON(canonical))
		require.Equal(t, m, again)
		twice, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, canonical, twice)
	})
}
