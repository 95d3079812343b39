package wire

import "math/bits"

// Padme rounds a length up to its bucket by the Padmé rule: a length with
// exponent E keeps as many significant bits as E itself needs, the lower ones
// become zero. At most O(log log n) bits of a length show, and the overhead stays
// below 12 percent. It is monotone, and a bucket is its own bucket. Lengths
// below 2, and those too close to the largest int, are returned as they are.
func Padme(n int) int {
	if n < 2 {
		return n
	}
	exponent := bits.Len(uint(n)) - 1
	low := exponent - bits.Len(uint(exponent)) // low bits to clear, never negative
	mask := 1<<low - 1
	if up := (n + mask) &^ mask; up > 0 {
		return up
	}
	return n
}
