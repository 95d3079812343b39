package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cowpi.example/proofs/game"
	"cowpi.example/transcript"
)

// Played is what the command game says with --json: how some adversaries did in one
// game.
type Played struct {
	Version  int          `json:"version"`
	Game     string       `json:"game"`
	Property string       `json:"property"`
	Seed     uint64       `json:"seed"`
	Scores   []PlayedOnce `json:"scores"`
	Held     bool         `json:"held"`
	Note     string       `json:"note"`
}

// PlayedOnce is how one adversary did.
type PlayedOnce struct {
	game.Score
	Held bool `json:"held"`
}

// Play lets adversaries play a game; untilWon: each only until it wins.
func Play(ctx context.Context, g *game.Game, list []game.Adversary, seed uint64, trials int, untilWon bool, done func()) (Played, error) {
	p := Played{Version: Version, Game: g.Name, Property: g.Property, Seed: seed, Scores: []PlayedOnce{}, Held: true, Note: Note}
	for _, a := range list {
		var s game.Score
		var err error
		if untilWon {
			s, err = game.RunUntilWon(ctx, g, a, seed, trials)
		} else {
			s, err = game.Run(ctx, g, a, seed, trials, done)
		}
		if err != nil {
			return p, err
		}
		p.Scores = append(p.Scores, PlayedOnce{s, s.Holds(g)})
		p.Held = p.Held && s.Holds(g)
	}
	return p, nil
}

// Win is a trial that was won, kept in a file.
type Win struct {
	Version   int         `json:"version"`
	Game      string      `json:"game"`
	Adversary string      `json:"adversary"`
	Mutant    string      `json:"mutant"` // "": the library as it is
	Seed      uint64      `json:"seed"`
	Setting   string      `json:"setting"`
	Breach    game.Breach `json:"breach"`
}

// WinOf is a trial of a control that was won, or nil.
func WinOf(c Control) *Win {
	if c.First == nil || c.Kind != KindMutant {
		return nil
	}
	return &Win{Version, c.Game, c.Adversary, c.Name, c.First.Seed, c.First.Setting, c.First.Breach}
}

// Replayed is what the command replay says with --json.
type Replayed struct {
	Version int       `json:"version"`
	Win     Win       `json:"win"`
	Same    bool      `json:"same"`
	Differs string    `json:"differs,omitempty"` // how
	Now     *game.Won `json:"now,omitempty"`
}

// Replayed is what it is to come out so; nil is a trial that was not won.
func (w Win) Replayed(won *game.Won) Replayed {
	r := Replayed{Version: Version, Win: w, Same: true, Now: won}
	if err := w.Same(won); err != nil {
		r.Same, r.Differs = false, err.Error()
	}
	return r
}

// Same says whether a trial came out as this one; nil is one that was not won.
func (w Win) Same(won *game.Won) error {
	switch {
	case won == nil:
		return errors.New("it was not won")
	case won.Setting != w.Setting:
		return fmt.Errorf("the setting was %s, and is %s", w.Setting, won.Setting)
	case won.Breach.Kind != w.Breach.Kind:
		return fmt.Errorf("it was won by %s, and is by %s", w.Breach.Kind, won.Breach.Kind)
	}
	return nil
}

// PlayOne plays one trial, and says how it was won, if it was; in a game of two
// worlds it is won by a right guess. If w is not nil, its transcript is written.
func PlayOne(t game.Trial, w io.Writer) (*game.Won, error) {
	var out game.Outcome
	var err error
	if w == nil {
		out, err = game.Play(t)
	} else {
		out, err = game.Record(t, func(h transcript.Header) (transcript.Sink, error) { return transcript.NewWriter(w, h) })
	}
	if err != nil {
		return nil, err
	}
	return out.Wins(t.Seed), nil
}
