package judge

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
	"cowpi.example/transcript/transcripttest"
)

// everything is a short script in which most kinds of messages occur.
const everything = `
providers 2
conversation lunch: Alice Bob Charlie
Alice in lunch: first
Bob in lunch: second
Alice adds Dave in lunch
Dave in lunch: third
Bob restarts Bob in lunch
Charlie goes offline
Alice in lunch: Where is Charlie?
Charlie comes back
Alice in lunch: There you are.
Bob removes Charlie in lunch
conversation tea: Bob Alice
Alice in tea: fourth
Alice leaves in lunch
mirror1 crashes
Bob in lunch: last
`

// corruptProvider is what one provider can do that shows.
const corruptProvider = `
providers 2
conversation lunch: Alice Bob Charlie
Alice in lunch: first
mirror1 alters texts to Bob
Alice in lunch: second
mirror1 behaves
Alice restarts Bob in lunch
Bob in lunch: third
mirror1 lies to Alice about Dave
Alice adds Dave in lunch
`

// corruptAuthor is what one author can do that shows.
const corruptAuthor = `
providers 2
conversation lunch: Alice Bob Mallory
Mallory in lunch: first
Mallory spoils the block for Bob
Mallory in lunch: second
Alice restarts Bob in lunch
Mallory gives Alice another key
Mallory in lunch: third
Bob restarts Alice in lunch
Mallory garbles the text
Mallory in lunch: fourth
Mallory in lunch: fifth
Mallory repeats the text
Mallory in lunch: sixth
`

const twoTalks = `
providers 2
conversation lunch: Alice Bob
Alice in lunch: first
conversation tea: Bob Alice
Bob in tea: second
`

// spoilTwoTalks makes a mirror greet Bob twice, and alter an invitation of Alice.
func spoilTwoTalks(n *cowpitest.Net) {
	greeted := false
	n.Provider("mirror1").Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
		d, ok := m.(exchange.Delivery)
		switch {
		case ok && d.Index == 0 && d.Block != nil && to == "Alice":
			d.Before[0] ^= 1
			return []exchange.Message{d}
		case ok && d.Index > 0 && to == "Bob" && !greeted:
			greeted = true
			return []exchange.Message{d, exchange.Welcome{}}
		}
		return []exchange.Message{m}
	}
}

// corpus is a forged transcript.
type corpus struct {
	world   simulator.World
	job     simulator.Job
	corrupt []identity.ID
	seen    *transcript.Memory
}

// corpora are transcripts in which together everything occurs.
func corpora(t *testing.T) []corpus {
	parse := func(text string) script.Script { return transcripttest.Parse(t, text) }
	named := func(name string) script.Script { return transcripttest.Script(t, name) }
	return []corpus{
		forgeJob(t, simulator.Job{Script: parse(everything), Schedule: 7}),
		forgeJob(t, simulator.Job{Script: parse(changing), Schedule: 1}),
		forgeJob(t, simulator.Job{Script: named("membership"), Schedule: 4}),
		forgeJob(t, simulator.Job{Script: named("crash"), Schedule: 1}),
		forgeJob(t, simulator.Job{Script: named("upkeep"), Schedule: 3, Timed: true}),
		forgeJob(t, simulator.Job{Script: parse(corruptAuthor), Schedule: 1}, "Mallory"),
		forgeJob(t, simulator.Job{Script: parse(corruptProvider), Schedule: 1}, "mirror1"),
		forgeJob(t, simulator.Job{Script: parse(twoTalks), Schedule: 1,
			UnsafeProtocol: &simulator.Unsafe{Prepare: spoilTwoTalks}}, "mirror1"),
	}
}

func forge(t *testing.T, sc script.Script, schedule uint64) corpus {
	return forgeJob(t, simulator.Job{Script: sc, Schedule: schedule})
}

func forgeJob(t *testing.T, j simulator.Job, corrupt ...identity.ID) corpus {
	w, err := simulator.NewWorld(cowpitest.Cheap, j.Script, [32]byte{5})
	require.NoError(t, err)
	c := corpus{w, j, corrupt, &transcript.Memory{}}
	j.Coins, j.Open = [32]byte{6}, simulator.To(c.seen)
	_, err = simulator.Outsider{Public: w.Public()}.Forge(j)
	require.NoError(t, err)
	return c
}
