//go:build unix

package recorder_test

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used of all cores. Other work on the machine does
// not count, and collecting garbage on another core does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
