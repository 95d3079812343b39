package provider

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMessage is a text in a group, through router and mirror to every
// connected participant, with their acknowledgements: all steps of both.
func BenchmarkMessage(b *testing.B) {
	for _, size := range []int{3, 100, 400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := newNet(b, 1, Limits{Rate: 1 << 20, Burst: 1 << 20})
			var names []string
			for i := range size {
				names = append(names, fmt.Sprintf("user %03d", i))
			}
			ps := people(n, size+5, names...)
			var spent time.Duration
			var most time.Duration
			start := time.Now()
			n.timing = func(d time.Duration) { spent += d; most = max(most, d) }
			g := ps[0].found(ps[1:]...)
			b.Logf("SETUP of %d: %v in steps, %v at most in one, %v with the harness", size, spent, most, time.Since(start))
			for _, p := range ps {
				p.forget()
			}
			spent, most = 0, 0
			b.ResetTimer()
			for i := range b.N {
				g.say(ps[i%size])
				for _, p := range ps {
					p.forget()
				}
			}
			b.StopTimer()
			require.Empty(b, n.nodes[0].faults)
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "µs-steps/op")
			b.ReportMetric(float64(most.Microseconds()), "µs-longest")
		})
	}
}
