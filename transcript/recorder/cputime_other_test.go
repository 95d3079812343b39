//go:build !unix

package recorder_test

import "time"

var began = time.Now()

// cpuTime is the time on the wall where nothing better is known.
func cpuTime() time.Duration { return time.Since(began) }
