package cowpitest

import (
	"fmt"
	"runtime/debug"

	"cowpi.example/cowpi/suite"
)

// MaxWork is how often one step may use the suite. The longest honest ones, a whole
// window of blocks that each skip all that they may, stay below; a loop that somebody
// else steers does not.
const MaxWork = 1 << 20

// Panicked is the error of a step that panicked, or worked for ever.
type Panicked struct {
	Value any
	Stack []byte
}

func (p *Panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// guarded makes one step. One that panics has failed; nothing of it was committed.
func guarded[T any](s *counting, step func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panicked{p, debug.Stack()}
		}
	}()
	s.work.Store(0)
	return step()
}

// spend counts one use of the suite.
func (c *counting) spend() {
	if c.work.Add(1) > MaxWork {
		panic(fmt.Sprintf("more than %d uses of the suite in one step", MaxWork))
	}
}

// KDF counts towards what one step may use: every loop over keys comes by here.
func (c *counting) KDF(purpose suite.Purpose, n int, fields ...[]byte) []byte {
	c.spend()
	return c.Suite.KDF(purpose, n, fields...)
}
