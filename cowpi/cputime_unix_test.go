//go:build unix

package cowpi

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used: what others do on the
// machine meanwhile does not count.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
