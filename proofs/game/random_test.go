package game_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/proofs/adversary"
	"cowpi.example/proofs/game"
)

// wander plays a game with a random adversary that rapid leads.
func wander(t *rapid.T, g *game.Game) *game.Breach {
	a := game.Adversary{Name: "rapid", Attack: func(o *game.Oracles) error {
		return adversary.Roam(o, func(n int, what string) int {
			return rapid.IntRange(0, n-1).Draw(t, what)
		}, rapid.IntRange(1, 8).Draw(t, "acts"))
	}}
	out, err := game.Play(game.Trial{Game: g, Adversary: a, Seed: rapid.Uint64Range(0, 7).Draw(t, "seed")})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return out.Breach
}

// Rapid drives the oracles of each game, and finds no breach.
func TestRapidWinsNothing(t *testing.T) {
	for _, name := range adversary.Random.Games {
		t.Run(name, func(t *testing.T) {
			n := 0
			rapid.Check(t, func(t *rapid.T) {
				if n++; n > 5 { // each costs some ms; the audit plays many more
					return
				}
				if b := wander(t, game.Find(name)); b != nil {
					t.Fatalf("%v", b)
				}
			})
		})
	}
}

// found is what rapid reports of a test that should fail.
type found struct {
	rapid.TB
	failed bool
	log    strings.Builder
}

type failNow struct{}

func (f *found) Helper()                           {}
func (f *found) Name() string                      { return "found" }
func (f *found) Logf(format string, args ...any)   { fmt.Fprintf(&f.log, format+"\n", args...) }
func (f *found) Log(args ...any)                   { fmt.Fprintln(&f.log, args...) }
func (f *found) Errorf(format string, args ...any) { f.failed = true; f.Logf(format, args...) }
func (f *found) Error(args ...any)                 { f.failed = true; f.Log(args...) }
func (f *found) Fatalf(format string, args ...any) { f.Errorf(format, args...); f.FailNow() }
func (f *found) Fatal(args ...any)                 { f.Error(args...); f.FailNow() }
func (f *found) Fail()                             { f.failed = true }
func (f *found) FailNow()                          { f.failed = true; panic(failNow{}) }
func (f *found) Failed() bool                      { return f.failed }

// In a wrong game rapid finds a breach, and makes it small.
func TestRapidFindsABreachAndShrinksIt(t *testing.T) {
	require.NoError(t, flag.Set("rapid.nofailfile", "true")) // this one fails on purpose
	defer func() { require.NoError(t, flag.Set("rapid.nofailfile", "false")) }()
	f, least := &found{}, 1<<30
	func() {
		defer func() {
			if p := recover(); p != nil {
				require.Equal(t, failNow{}, p)
			}
		}()
		rapid.Check(f, func(t *rapid.T) {
			acts := 0
			a := game.Adversary{Name: "rapid", Attack: func(o *game.Oracles) error {
				acts = rapid.IntRange(1, 8).Draw(t, "acts")
				return adversary.Roam(o, func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }, acts)
			}}
			out, err := game.Play(game.Trial{Game: game.Loud, Adversary: a, Seed: 1})
			if err != nil {
				t.Fatalf("%v", err)
			}
			if out.Breach != nil {
				least = min(least, acts)
				t.Fatalf("%v", out.Breach)
			}
		})
	}()
	require.True(t, f.failed, "rapid must find it")
	require.Equal(t, 1, least, "it takes one text: %s", f.log.String())
}

// The random adversary gets somewhere: in some of its trials the same things come out
// again, and somebody stops or is told something else.
func TestRandomRepeats(t *testing.T) {
	for seed := range uint64(3) {
		trial := game.Trial{Game: game.Robustness, Adversary: adversary.Random, Seed: rand.New(rand.NewPCG(seed, 0)).Uint64()}
		one, err := game.Play(trial)
		require.NoError(t, err)
		other, err := game.Play(trial)
		require.NoError(t, err)
		require.Equal(t, one, other)
		require.False(t, one.Won, "%v", one.Breach)
	}
}
