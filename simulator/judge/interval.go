package judge

import "math"

// ClopperPearson is the exact confidence interval for a probability of which an
// independent experiment gave right out of trials: with a chance of at least
// confidence it contains the true one, whatever that is. (Clopper and Pearson,
// 1934; it errs on the wide side.)
func ClopperPearson(right, trials int, confidence float64) (low, high float64) {
	if trials <= 0 {
		return 0, 1
	}
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if right > 0 { // the p at which right or more is as rare as tail
		low = bisect(func(p float64) bool { return atLeast(right, trials, p) < tail })
	}
	if right < trials { // the p at which right or fewer is as rare as tail
		high = bisect(func(p float64) bool { return 1-atLeast(right+1, trials, p) > tail })
	}
	return low, high
}

// bisect finds where a property that holds below some p stops holding.
func bisect(below func(p float64) bool) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// atLeast is the probability of k or more successes in n.
func atLeast(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	sum := 0.0
	for i := k; i <= n; i++ {
		sum += math.Exp(logChoose(n, i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(sum, 1)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
