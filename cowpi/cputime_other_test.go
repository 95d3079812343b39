//go:build !unix

package cowpi

import "time"

var began = time.Now()

// cpuTime is the time that has passed, where processor time is not to be had.
func cpuTime() time.Duration { return time.Since(began) }
