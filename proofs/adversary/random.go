package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// Chooser chooses: one of n, from 0. What is chosen is named, so that a search that
// shrinks can show it.
type Chooser func(n int, what string) int

// breachGames are those that a random adversary can win without guessing.
var breachGames = []string{"message-integrity", "message-authentication", "participant-authentication", "untrusted-provider", "robustness",
	"participant-consistency-a", "participant-consistency-b", "conversation-integrity", "dynamic-groups"}

// Random drives every oracle by chance.
var Random = game.Adversary{
	Name:   "random",
	What:   "Corrupts some of those that it may, lets them lie about all that they say (together or each for itself), and does anything else that it may, in any order.",
	Source: "Claessen and Hughes (2000), QuickCheck; this project's hostile runs",
	Games:  breachGames,
	Attack: func(o *game.Oracles) error {
		return Roam(o, func(n int, _ string) int { return o.Rand().IntN(n) }, 12)
	},
}

// Roam does so many things, as the chooser says.
func Roam(o *game.Oracles, choose Chooser, acts int) error {
	plot := &cowpitest.Plot{Suite: o.Suite(), Rand: o.Rand(), Seed: o.Rand().Uint64(), Collude: choose(2, "collude") == 1, OneIn: 2 + choose(12, "one in")}
	corrupt := []string{}
	for i := range o.Setting().Providers {
		if choose(4, "corrupt provider") > 0 {
			if p, err := o.Provider(i); err == nil {
				p.Corrupt = plot.Tamper()
				overhearUploads(o, p, plot)
			}
		}
	}
	for _, id := range game.People {
		if choose(3, "corrupt user") > 0 {
			continue
		}
		u, err := o.Participant(string(id))
		if err != nil {
			continue
		}
		corrupt = append(corrupt, string(id))
		if err := o.Conspire(plot, u); err != nil {
			return err
		}
	}
	said := 0
	for range acts {
		if err := refusedOr(roam(o, choose, plot, corrupt, &said)); err != nil {
			return err
		}
		for range choose(24, "steps") {
			if more, err := o.Step(); err != nil {
				return err
			} else if !more {
				break
			}
		}
	}
	plot.Off = true
	for range 600 {
		if more, err := o.Step(); err != nil || !more {
			return err
		}
	}
	return nil
}

// refusedOr passes over what the game does not allow.
func refusedOr(err error) error {
	if _, refused := err.(*game.Refusal); refused {
		return nil
	}
	return err
}

// roam does one thing.
func roam(o *game.Oracles, choose Chooser, plot *cowpitest.Plot, corrupt []string, said *int) error {
	name := func(what string) string { return string(game.People[choose(len(game.People), what)]) }
	sid := o.Main()
	if choose(3, "where") == 0 {
		sid = o.Side()
	}
	*said++
	text := string(rune('a'+*said%26)) + string(rune('0'+*said/26))
	switch choose(14, "act") {
	case 0, 1, 2:
		return o.Say(name("who"), sid, text)
	case 3, 4:
		if len(corrupt) > 0 {
			return o.Act(corrupt[choose(len(corrupt), "insider")], cowpi.Send{Sid: sid, Text: []byte(text)})
		}
	case 5:
		up := cowpi.Update{Sid: sid}
		list := []*[]identity.ID{&up.Add, &up.Remove, &up.Restart}
		*list[choose(3, "change")] = []identity.ID{identity.ID(name("about"))}
		return o.Do(name("who"), up)
	case 6:
		_, err := o.Create(name("who"), identity.ID(name("with")))
		return err
	case 7:
		at := choose(o.Setting().Providers, "provider")
		return o.Cut(name("who"), string(o.ProviderSet().At(at).ID))
	case 8:
		if letters := o.Letters(); len(letters) > 0 {
			l := letters[choose(len(letters), "letter")]
			return o.Rewrite(l.Wire, l.ToServer, with(letters, l, [][][]byte{nil, {l.Bytes, l.Bytes}, {flipped(o, l.Bytes, 0)}}[choose(3, "rewrite")]...)...)
		}
	case 9:
		return o.Crash(name("crash"))
	case 10:
		if len(corrupt) > 0 {
			self, err := o.Participant(corrupt[choose(len(corrupt), "intruder")])
			if err != nil {
				return err
			}
			_, err = o.Intrude(self.Self, choose(o.Setting().Providers, "provider"), func(a *cowpitest.Actor) [][]byte { return plot.Babble(a, slices.Clone(game.People)) })
			return err
		}
	case 11:
		return o.Do(name("who"), []cowpi.Input{cowpi.ReplaceStock{}, cowpi.RenewChannels{}, cowpi.ReleaseTexts{Sid: sid}, cowpi.Leave{Sid: sid}}[choose(4, "do")])
	case 12:
		if choose(4, "fork") == 0 {
			return o.Fork(name("forked"))
		}
	case 13:
		return o.Advance(uint64(1 + choose(3000, "ms")))
	}
	return nil
}
