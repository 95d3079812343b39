package recorder_test

import (
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/recorder"
	"cowpi.example/transcript/transcripttest"
)

// timed plays a script, recorded to nowhere or not at all.
func timed(tb testing.TB, s script.Script, recorded bool) time.Duration {
	opt := play.Options{Seed: 1}
	var r *recorder.Recorder
	runtime.GC() // nobody pays for what the one before has left
	begin := cpuTime()
	if recorded {
		r = recorder.New(suite.Default, func(h transcript.Header) (transcript.Sink, error) { return transcript.NewWriter(io.Discard, h) })
		opt.Suite, opt.Tap = r, cowpitest.Tap(r)
	}
	_, err := play.Play(s, opt)
	require.NoError(tb, err)
	if recorded {
		require.NoError(tb, r.Close())
	}
	return cpuTime() - begin
}

// BenchmarkRecording says how many times as much of the processor a script takes when
// it is recorded: at most 1.10. Runs with and without take turns, and the fastest
// quarter of each counts, so that other work on the machine hits both alike.
//
//	go test -run=- -bench Recording -benchtime 20x cowpi.example/transcript/recorder
func BenchmarkRecording(b *testing.B) {
	s := transcripttest.Script(b, "membership")
	var took [2][]time.Duration
	for i := 0; b.Loop(); i++ {
		for _, recorded := range []bool{i%2 == 0, i%2 != 0} { // neither is always first
			took[side(recorded)] = append(took[side(recorded)], timed(b, s, recorded))
		}
	}
	b.ReportMetric(float64(faster(took[1]))/float64(faster(took[0])), "times")
}

// faster is the sum of the faster quarter.
func faster(d []time.Duration) (sum time.Duration) {
	slices.Sort(d)
	for _, x := range d[:(len(d)+3)/4] {
		sum += x
	}
	return sum
}
