package game

import (
	"fmt"

	"cowpi.example/cowpi"
)

// What only the tests of the audit may do: make games that are wrong on purpose.

// Wrong is a copy of a game in which judge decides, and nothing is trivial.
func Wrong(g *Game, judge func(*Challenger) *Breach) *Game {
	w := *g
	w.judge, w.trivial = judge, nil
	return &w
}

// Never is a condition that can never be true.
func Never(*Challenger) *Breach { return nil }

// Leak is an oracle that gives the secret away.
func (o *Oracles) Leak() int { return o.c.bit }

// Loud is a wrong game: it is won as soon as somebody honest is shown a text that was
// not there when the trial began.
var Loud = &Game{
	Name: "loud", Powers: Powers{Providers: true}, Settings: noTrust(),
	judge: func(c *Challenger) *Breach {
		for _, u := range c.users() {
			for _, e := range u.Events {
				if b, ok := e.Body.(cowpi.Shown); ok && len(b.Text.Text) < 4 {
					return &Breach{"loud", fmt.Sprintf("%s was shown %q", u.Self.ID, b.Text.Text)}
				}
			}
		}
		return nil
	},
}
