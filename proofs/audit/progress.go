package audit

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Progress is how far an audit has come. Its fields may be read at any time.
type Progress struct {
	// Line, if not nil, is told what has come out, as it does; one line at a time.
	Line func(string)

	Trials, AllTrials     atomic.Int64
	Controls, AllControls atomic.Int64
	Beaten                atomic.Int64
	States                atomic.Int64

	mu   sync.Mutex
	what string
}

func (p *Progress) plan(of Plan) {
	n := 0
	for _, g := range of.Games {
		for _, a := range of.against(g) {
			n += of.depth(g, a)
		}
	}
	p.AllTrials.Store(int64(n))
	p.AllControls.Store(int64(len(of.Mutants) + len(of.Systems)))
}

// Now is what is being played.
func (p *Progress) Now() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.what
}

func (p *Progress) now(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

func (p *Progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Line != nil {
		p.Line(fmt.Sprintf(format, args...))
	}
}

func (p *Progress) control(c Control) {
	p.Controls.Add(1)
	if c.Beaten {
		p.Beaten.Add(1)
		p.say("%s %s: beaten by %s", c.Kind, c.Name, c.Adversary)
		return
	}
	p.say("%s %s: NOT BEATEN by %s: %s %s", c.Kind, c.Name, c.Adversary, c.Outcome, c.Error)
}
