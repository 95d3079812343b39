package adversary

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// The miner opens the text of a challenge exactly when the predicate of SPEC.md, 7.5,
// calls it exposed: whoever is read, whenever that is, among anything that happens. So
// the exclusion of exposed texts excludes no more than those, and no less.
func TestExposedNeitherMoreNorLess(t *testing.T) {
	trials := uint64(80)
	if n, err := strconv.ParseUint(os.Getenv("COWPI_TRIALS"), 10, 64); err == nil {
		trials = n
	}
	count := map[bool]int{}
	for seed := range trials {
		var opened bool
		read := 0
		a := game.Adversary{Name: "reads anywhere", Attack: func(o *game.Oracles) error {
			o.Providers()
			m := newMiner(o.Suite())
			peek := func() error {
				if o.Rand().IntN(7) != 0 {
					return nil
				}
				p, _ := someone(o, insiders())
				st, err := o.Read(p)
				if err != nil {
					return err
				}
				m.take(st)
				read++
				return nil
			}
			author, _ := someone(o, insiders())
			before := 1 + o.Rand().IntN(3)
			for i := range before + 4 {
				if i == before {
					if err := challenge(o, author, o.Main()); err != nil {
						return err
					}
				} else if err := wanderOnce(o); err != nil {
					return err
				}
				if err := peek(); err != nil {
					return err
				}
			}
			if err := o.Settle(); err != nil {
				return err
			}
			if err := peek(); err != nil {
				return err
			}
			if err := m.see(o); err != nil {
				return err
			}
			m.derive()
			for _, text := range m.read(o.Main(), identity.ID(author)) {
				opened = opened || strings.Contains(text, yes) || strings.Contains(text, no)
			}
			return nil
		}}
		out, err := game.Play(game.Trial{Game: game.ForwardSecrecy, Adversary: a, Seed: seed})
		require.NoError(t, err)
		require.Equal(t, out.Trivial != "", opened, "seed %d, %d readings: %q", seed, read, out.Trivial)
		count[opened]++
	}
	t.Logf("%d texts exposed, %d not", count[true], count[false])
	require.Greater(t, count[true], int(trials/10))
	require.Greater(t, count[false], int(trials/10))
}
