package simulator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// BenchmarkForge compares forging the transcript of a script with letting it really
// happen, recorded in the same way, in turns in one run: "times" is the ratio, and
// should be at most 1.2.
//
//	go test ./simulator -run '^$' -bench Forge
func BenchmarkForge(b *testing.B) {
	sc := transcripttest.Script(b, "membership")
	w, err := NewWorld(suite.Default, sc, [32]byte{1})
	require.NoError(b, err)
	forgers := map[string]Forger{"outsider": Outsider{w.Public()}, "participant": Participant{w.Public(), w.Users[0]},
		"provider": Provider{w.Public(), w.Providers[0]}}
	for _, who := range []string{"outsider", "participant", "provider"} {
		b.Run(who, func(b *testing.B) {
			var real, forged time.Duration
			job := Job{Script: sc, Schedule: 3, Coins: [32]byte{2}}
			for b.Loop() {
				start := time.Now()
				job.Open = To(&transcript.Memory{})
				_, err := w.Run(job, nil)
				require.NoError(b, err)
				middle := time.Now()
				job.Open = To(&transcript.Memory{})
				_, err = forgers[who].Forge(job)
				require.NoError(b, err)
				real, forged = real+middle.Sub(start), forged+time.Since(middle)
			}
			b.ReportMetric(float64(forged)/float64(real), "times")
		})
	}
}
