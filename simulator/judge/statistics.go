package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// The fields that should look random, by how honest ones come about.
var randomFields = map[string]kindOfRandom{
	"msg1 E_c": randomPoint, "msg2 E_s": randomPoint, "msg2 Y": randomPoint, "msg3 X": randomPoint, "Prekeys Y": randomPoint, "Upload block X": randomPoint,
	"Prekeys id": randomBits, "Fetch id": randomBits, "Upload SETUP nonce": randomBits, "Upload UPDATE nonce": randomBits,
	"Upload MSG com": randomBits, "Upload block prekey id": randomBits, "Upload block session key id": randomBits, "Upload auth key id": randomBits, "Upload MAC": randomBits,
	"text id":              randomBits,
	"Upload MSG text seal": randomSeal, "Upload start block seal": randomSeal, "Upload block seal": randomSeal,
	"frame": randomSeal, "msg2 seal": randomSeal, "msg3 seal": randomSeal,
	"renewal msg1 E_c": randomPoint, "renewal msg2 E_s": randomPoint, "renewal msg2 Y": randomPoint, "renewal msg3 X": randomPoint,
	"renewal msg2 seal": randomSeal, "renewal msg3 seal": randomSeal,
}

type kindOfRandom int

const (
	randomBits  kindOfRandom = iota // coins, and what hashes give
	randomPoint                     // as the suite encodes points
	randomSeal                      // as the suite seals
)

const (
	enough = 48 // samples: by chance a bit is the same in all of them once in 2^47
	far    = 7  // standard deviations: by chance once in 10^11
)

// judgeStatistics counts bits, over all transcripts that there are.
func judgeStatistics(e Evidence) Opinion {
	samples := map[string]map[string]bool{}
	for _, m := range append([]*transcript.Memory{e.Transcript}, e.More...) {
		st := e.story()
		if m != e.Transcript {
			st = read(e.suite(), m)
		}
		collect(st, samples)
	}
	var out []string
	counted := 0
	for _, field := range sortedKeys(samples) {
		values := sortedKeys(samples[field])
		if len(values) < enough {
			continue
		}
		counted++
		fixed, ok := fixedBits(e.suite(), randomFields[field], len(values[0]))
		if ok {
			out = append(out, odd(field, values, fixed)...)
		}
	}
	if len(out) == 0 {
		return cannotTell("%d fields with at least %d values each: all bits as they should be", counted, enough)
	}
	return isSimulated("%s", strings.Join(out[:min(len(out), 5)], "; "))
}

// collect takes each value once: what is passed on is no new sample.
func collect(st *story, samples map[string]map[string]bool) {
	note := func(field string, v []byte) {
		if samples[field] == nil {
			samples[field] = map[string]bool{}
		}
		samples[field][string(v)] = true
	}
	for _, m := range st.all {
		for _, x := range dissect(m) {
			if _, ok := randomFields[x.field]; ok {
				note(x.field, x.of(m))
			}
		}
	}
	for _, r := range st.records {
		if s, ok := r.(transcript.Saw); ok && s.What == transcript.Text {
			note("text id", s.ID[:])
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// fixedBits are the bits that are the same in every honest value: a suite may
// encode points with some. ok is false if honest values are not random at all,
// as with a suite of tests that hides nothing.
func fixedBits(s suite.Suite, k kindOfRandom, n int) (fixed []bool, ok bool) {
	fixed = make([]bool, n*8)
	draw := func(i int) []byte {
		return s.KDF("judge", 32, []byte(fmt.Sprint(i)))
	}
	switch k {
	case randomPoint:
		ones := make([]int, n*8)
		const reference = 200
		for i := range reference {
			p := s.Public(suite.Scalar(draw(i)))
			count(ones, p[:n])
		}
		for i, c := range ones {
			// A bit that is only nearly fixed is left out too.
			fixed[i] = c < reference/4 || c > reference*3/4
		}
	case randomSeal:
		a := s.Seal(nil, "judge", suite.Key(draw(1)), [suite.NonceSize]byte{}, make([]byte, 64))
		b := s.Seal(nil, "judge", suite.Key(draw(2)), [suite.NonceSize]byte{}, make([]byte, 64))
		return fixed, string(a[:64]) != string(b[:64])
	}
	return fixed, true
}

func count(ones []int, v []byte) {
	for i := range min(len(ones), len(v)*8) {
		ones[i] += int(v[i/8]>>(7-i%8)) & 1
	}
}

// odd says what is odd about the values of a field.
func odd(field string, values []string, fixed []bool) (out []string) {
	ones := make([]int, len(fixed))
	n := 0
	for _, v := range values {
		if len(v)*8 == len(fixed) {
			count(ones, []byte(v))
			n++
		}
	}
	total, bits := 0, 0
	for i, c := range ones {
		if fixed[i] {
			continue
		}
		total, bits = total+c, bits+n
		switch z := deviation(c, n); {
		case n >= enough && (c == 0 || c == n):
			out = append(out, fmt.Sprintf("bit %d of %q is the same in all %d", i, field, n))
		case z > far+1:
			out = append(out, fmt.Sprintf("bit %d of %q is set in %d of %d", i, field, c, n))
		}
	}
	if bits == 0 {
		return out
	}
	if deviation(total, bits) > far {
		out = append(out, fmt.Sprintf("of %d bits of %q, %d are set", bits, field, total))
	}
	if x := chiSquare(values, fixed); x > far+1 {
		out = append(out, fmt.Sprintf("the bytes of %q are not spread evenly", field))
	}
	return out
}

// deviation is how far a count is from a half, in standard deviations.
func deviation(ones, n int) float64 {
	return math.Abs(float64(2*ones-n)) / math.Sqrt(float64(n))
}

// chiSquare is how far the bytes are from an even spread, in standard deviations of
// the statistic; 0 if there are too few, or if some bits are fixed anyway.
func chiSquare(values []string, fixed []bool) float64 {
	if slices.Contains(fixed, true) {
		return 0
	}
	all := strings.Join(values, "")
	if len(all) < 256*20 {
		return 0
	}
	var bins [256]int
	for i := range len(all) {
		bins[all[i]]++
	}
	mean, x := float64(len(all))/256, 0.0
	for _, b := range bins {
		x += (float64(b) - mean) * (float64(b) - mean) / mean
	}
	return (x - 255) / math.Sqrt(2*255)
}
