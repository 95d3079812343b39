package explore

import (
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// misdeed is what a corrupt participant does with a text of its own. The text says
// which, so that the machine does the same whenever it comes to writing it.
type misdeed string

const (
	anotherKey misdeed = " with a wrong key for " // one recipient gets a k_m that does not fit
	garbled    misdeed = " garbled"               // it opens for nobody
	sameAgain  misdeed = " said again"            // all such are one text under one id
)

// misdeeds lists what a corrupt participant may do with a text.
func (e *engine) misdeeds() (out []string) {
	out = append(out, "", string(garbled), string(sameAgain))
	for u := range e.b.Participants - e.b.Corrupt {
		out = append(out, string(anotherKey)+string(e.world.users[u].ID))
	}
	return out
}

// misbehave makes the machine of a corrupt participant do what its texts say.
func misbehave(cfg *cowpi.Config) {
	text := ""
	cfg.UnsafeText = func(_ suite.Hash, p content.Plain) content.Plain {
		text = string(p.Text)
		if strings.HasSuffix(text, string(sameAgain)) {
			return content.Plain{Text: []byte(sameAgain)}
		}
		return p
	}
	cfg.UnsafeData = func(d *conversation.DataBlock) {
		if d.Type == conversation.MSG && strings.HasSuffix(text, string(garbled)) {
			d.Sealed = slices.Clone(d.Sealed)
			d.Sealed[0] ^= 1
			d.Seal(cheap)
		}
	}
	cfg.UnsafeKey = func(d *conversation.DataBlock, to identity.ID, km suite.Key) suite.Key {
		if d.Type == conversation.MSG && strings.HasSuffix(text, string(anotherKey)+string(to)) {
			km[0] ^= 1
		}
		return km
	}
}

// corrupt says whether a participant is: the last ones are.
func (e *engine) corrupt(user int) bool { return user >= e.b.Participants-e.b.Corrupt }
