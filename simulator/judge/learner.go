package judge

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/transcript"
)

// Learner is a distinguisher that was shown examples: transcripts of both kinds, told
// which is which. It knows nothing of the protocol. It measures whatever can be
// measured of a transcript, and keeps to what was different between the two kinds.
type Learner struct {
	signs  []sign
	looked int
}

// sign is one measure by which the two kinds differed: values above the middle are
// of the kind real, or else of the other.
type sign struct {
	name   string
	middle float64
	real   bool
	weight float64
}

// Train shows a learner n transcripts of an experiment, which anybody can make who
// has the long-term secrets, or makes some. The trials are others than those of the
// experiment itself.
func Train(x Experiment, n int) (*Learner, error) {
	x.Seed ^= 0x7472_6169_6e00_0000
	var examples [2][]map[string]float64 // forged, real
	for i := range uint64(n) {
		e, real, err := x.world(i)
		if err != nil {
			return nil, fmt.Errorf("judge: example %d: %w", i, err)
		}
		k := 0
		if real {
			k = 1
		}
		examples[k] = append(examples[k], measure(e))
	}
	return learn(examples), nil
}

// far apart: so many standard errors that of a thousand measures none gets there by
// chance.
const farApart = 4.5

// learn keeps the measures that tell two lists of examples apart.
func learn(examples [2][]map[string]float64) *Learner {
	names := map[string]bool{}
	for _, list := range examples {
		for _, m := range list {
			for name := range m {
				names[name] = true
			}
		}
	}
	l := &Learner{looked: len(names)}
	for _, name := range sortedKeys(names) {
		var mean, variance [2]float64
		for k, list := range examples {
			n := float64(len(list))
			if n < 2 {
				return l
			}
			for _, m := range list {
				mean[k] += m[name] / n
			}
			for _, m := range list {
				variance[k] += (m[name] - mean[k]) * (m[name] - mean[k]) / (n - 1) / n
			}
		}
		apart := math.Abs(mean[0]-mean[1]) / math.Sqrt(variance[0]+variance[1]+1e-12)
		if apart > farApart {
			l.signs = append(l.signs, sign{name, (mean[0] + mean[1]) / 2, mean[1] > mean[0], apart})
		}
	}
	slices.SortStableFunc(l.signs, func(a, b sign) int { return int(math.Copysign(1, b.weight-a.weight)) })
	l.signs = l.signs[:min(len(l.signs), 9)]
	return l
}

// Name implements Distinguisher.
func (*Learner) Name() string { return "learner" }

// What implements Distinguisher.
func (*Learner) What() string {
	return "Was shown real and forged transcripts, and compares whatever can be counted, without knowing what it means."
}

// Judge implements Distinguisher.
func (l *Learner) Judge(e Evidence) Opinion {
	if len(l.signs) == 0 {
		return cannotTell("of %d measures none differed between the examples of the two kinds", l.looked)
	}
	m, vote := measure(e.shared()), 0.0
	for _, s := range l.signs {
		if (m[s.name] > s.middle) == s.real {
			vote++
		} else {
			vote--
		}
	}
	if vote > 0 {
		return isReal("by %q, as the real ones that it was shown", l.signs[0].name)
	}
	return isSimulated("by %q, as the forged ones that it was shown", l.signs[0].name)
}

// measure counts: records, what follows what, fields, their sizes, their bits; and
// where a message whose state is known stands.
func measure(e Evidence) map[string]float64 {
	st, out := e.story(), map[string]float64{}
	if e.State != nil {
		about(e.State, st, out)
	}
	last := ""
	for _, r := range st.records {
		this := fmt.Sprintf("%T", r)
		if s, ok := r.(transcript.Saw); ok {
			this += fmt.Sprint(s.What)
			out["length of shown texts"] += float64(len(s.Text))
			out["event numbers"] += float64(s.Number)
		}
		out["count of "+this]++
		out[last+" before "+this]++
		last = this
	}
	type tally struct{ bits, ones, n, first int }
	fields := map[string]tally{}
	for _, m := range st.all {
		out["bytes on wires"] += float64(len(m.bytes))
		out["bytes opened"] += float64(len(m.opened.Plain))
		for _, x := range dissect(m) {
			v := x.of(m)
			t := fields[x.field]
			for _, b := range v {
				t.ones += bits.OnesCount8(b)
			}
			t.n++
			t.bits += 8 * len(v)
			if len(v) > 0 {
				t.first += int(v[0] >> 7)
			}
			fields[x.field] = t
		}
	}
	for name, t := range maps.All(fields) {
		out["count of "+name] = float64(t.n)
		out["bits set in "+name] = float64(t.ones) / float64(max(t.bits, 1))
		out["first bit of "+name] = float64(t.first) / float64(t.n)
	}
	return out
}

// about measures a message by what it says of its place, and by where it stands.
func about(state *transcript.MessageState, st *story, out map[string]float64) {
	for i, m := range st.all {
		if bytes.Equal(m.opened.Plain, state.Upload) {
			out["place of the message"] = float64(i) / float64(len(st.all))
			break
		}
	}
	for _, b := range state.Blocks {
		out["chain keys handed over"] += float64(b.At)
		if b.Start != nil {
			out["chains that the message begins"]++
		}
		if b.Offered != nil {
			out["keys that the message offers"]++
		}
	}
	m, err := exchange.Parse(st.suite, state.Upload)
	if err != nil {
		return
	}
	if u, ok := m.(exchange.Upload); ok {
		if d, err := conversation.Parse(st.suite, u.Data); err == nil {
			out["k of the message"], out["seq of the message"], out["type of the message"] = float64(d.K), float64(d.Seq), float64(d.Type)
		}
	}
}
