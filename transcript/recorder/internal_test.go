package recorder

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Most tests of the recorder are outside of this package, as transcripttest, which
// records for them, imports it.

// Passing is passing, for those tests.
func (r *Recorder) Passing() bool { return r.passing }

// One changed bit in a message, and it is not opened; what was recorded stays as it
// was, whatever becomes of the bytes that were shown.
func TestOnlyWhatWasSealedIsOpened(t *testing.T) {
	for _, size := range []int{300, keepSize} {
		m := &transcript.Memory{}
		r := To(suite.Default, m)
		r.sink = m
		plain := make([]byte, size)
		plain[4] = 9 // the length of the payload, behind its type
		sealed := r.Seal(nil, "frame", suite.Key{1}, [suite.NonceSize]byte{}, plain)
		clear(plain)
		r.Stepped("alice", nil, nil, nil)
		r.Sent(1, true, sealed)
		before := bytes.Clone(sealed)
		sealed[7] ^= 1
		r.Sent(1, true, sealed)
		r.Stepped("alice", nil, nil, nil)
		r.Sent(1, true, before) // was not sealed in this step
		require.Equal(t, []transcript.Record{
			transcript.Sent{Conn: 1, ToServer: true, Bytes: before, Opened: transcript.Opened{Kind: transcript.Data, Plain: make([]byte, 9)}},
			transcript.Sent{Conn: 1, ToServer: true, Bytes: sealed},
			transcript.Sent{Conn: 1, ToServer: true, Bytes: before},
		}, m.Records)
	}
}
