package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"cowpi.example/cowpi/sheet"
	"cowpi.example/proofs/audit"
)

// onTerminal says whether somebody watches what goes to standard error.
func onTerminal(c *cobra.Command) bool {
	f, ok := c.ErrOrStderr().(*os.File)
	return ok && isTerminal(f)
}

// live shows how an audit comes on: what has come out, line by line, and, on a
// terminal, below it what is under way.
type live struct {
	to   io.Writer
	p    *audit.Progress
	mu   sync.Mutex
	stop chan struct{}
	wg   sync.WaitGroup
}

const (
	eraseLine = "\r\x1b[K"
	liveWidth = 79
	livePulse = 200 * time.Millisecond
)

// watch begins to show; done ends it.
func watch(c *cobra.Command) (p *audit.Progress, done func()) {
	l := &live{to: c.ErrOrStderr(), p: &audit.Progress{}, stop: make(chan struct{})}
	terminal := onTerminal(c)
	l.p.Line = func(s string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		s = sheet.Safe(s)
		if terminal {
			s = eraseLine + s
		}
		fmt.Fprintln(l.to, s)
	}
	if !terminal {
		return l.p, func() {}
	}
	l.wg.Go(func() {
		tick := time.NewTicker(livePulse)
		defer tick.Stop()
		began := time.Now()
		for {
			select {
			case <-tick.C:
				l.show(status(l.p, time.Since(began)))
			case <-l.stop:
				l.show("")
				return
			}
		}
	})
	return l.p, func() { close(l.stop); l.wg.Wait() }
}

func (l *live) show(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprint(l.to, eraseLine+s)
}

// status is one line.
func status(p *audit.Progress, for_ time.Duration) string {
	s := fmt.Sprintf("%3.0f s", for_.Seconds())
	if all := p.AllTrials.Load(); all > 0 {
		s += fmt.Sprintf("  trials %s of %s", sheet.Thousands(uint64(p.Trials.Load())), sheet.Thousands(uint64(all)))
	}
	if all := p.AllControls.Load(); all > 0 {
		s += fmt.Sprintf("  beaten %d of %d", p.Beaten.Load(), all)
	}
	if n := p.States.Load(); n > 0 {
		s += fmt.Sprintf("  states %s", sheet.Thousands(uint64(n)))
	}
	s = sheet.Safe(s + "  " + p.Now())
	if r := []rune(s); len(r) > liveWidth {
		s = string(r[:liveWidth])
	}
	return s
}
