package judge

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// Something that is missing, or there twice, is noticed too. Two things need not be,
// in principle: that the last few acknowledgements of a connection did or did not
// arrive, since nothing comes of them; and why a connection broke.
func TestMissingAndRepeatedRecords(t *testing.T) {
	c := forge(t, transcripttest.Parse(t, everything), 7)
	tried, silent := 0, 0
	for i, r := range c.seen.Records {
		_, arrival := r.(transcript.Delivered)
		_, crash := r.(transcript.Crashed)
		_, sent := r.(transcript.Sent)
		if (arrival || sent) && i%19 != 0 {
			continue
		}
		less := copyOf(c.seen)
		less.Records = slices.Delete(less.Records, i, i+1)
		tried++
		if len(c.notice(less, false)) == 0 {
			silent++
			require.True(t, arrival || crash, "record %d, %T, is missing", i, r)
		}
		more := copyOf(c.seen)
		more.Records = slices.Insert(more.Records, i, r)
		require.True(t, crash || len(c.notice(more, false)) > 0, "record %d, %T, is there twice", i, r)
	}
	require.Less(t, silent, tried/20)
	t.Log(tried, "missing records, unnoticed", silent)
}
