package judge_test

import (
	"fmt"
	"log"

	"cowpi.example/cowpi/script"
	"cowpi.example/simulator"
	"cowpi.example/simulator/judge"
	"cowpi.example/transcript"
)

// A conversation that took place and one that did not. The judge has everybody's
// long-term secrets, and all distinguishers. Then the forger slips.
func Example() {
	sc, err := script.Parse("conversation lunch: Alice Bob\nAlice: Have you had lunch yet?\nBob: No.\n")
	if err != nil {
		log.Fatal(err)
	}
	world, err := simulator.NewWorld(nil, sc, [32]byte{1})
	if err != nil {
		log.Fatal(err)
	}
	var real, forged transcript.Memory
	if _, err = world.Run(simulator.Job{Script: sc, Coins: [32]byte{2}, Open: simulator.To(&real)}, nil); err != nil {
		log.Fatal(err)
	}
	forger := simulator.Outsider{Public: world.Public()} // it has never met Alice
	if _, err = forger.Forge(simulator.Job{Script: sc, Coins: [32]byte{3}, Open: simulator.To(&forged)}); err != nil {
		log.Fatal(err)
	}

	for _, c := range judge.Compare(judge.Evidence{World: world, Transcript: &real}, judge.Evidence{World: world, Transcript: &forged}) {
		fmt.Println(c.Distinguisher, "-", c.Opinions[0].Answer, "-", c.Opinions[1].Answer)
	}

	for i, r := range forged.Records {
		if s, ok := r.(transcript.Saw); ok && s.Who == "Bob" && s.What == transcript.Text {
			s.Text = []byte("Have you had tea yet?")
			forged.Records[i] = s
			break
		}
	}
	o := judge.Find("views").Judge(judge.Evidence{World: world, Transcript: &forged})
	fmt.Println(o.Answer)
	// Output:
	// wires - cannot tell - cannot tell
	// providers - cannot tell - cannot tell
	// people - cannot tell - cannot tell
	// views - cannot tell - cannot tell
	// reuse - cannot tell - cannot tell
	// statistics - cannot tell - cannot tell
	// secrets - cannot tell - cannot tell
	// signatures - cannot tell - cannot tell
	// commitments - cannot tell - cannot tell
	// state - cannot tell - cannot tell
	// simulated
}

// The experiment, for once with few trials. With none of them does a distinguisher
// do better than by throwing a coin, and with these few it also does not do worse.
func ExampleExperiment() {
	res, err := judge.Experiment{Game: judge.Unlinkability, Trials: 4, Seed: 1}.Run(judge.Find("state"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Rows[0].Unsure, "of", res.Trials, "trials were decided by a coin")
	// Output: 4 of 4 trials were decided by a coin
}
