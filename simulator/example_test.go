package simulator_test

import (
	"fmt"

	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/suite"
	"cowpi.example/simulator"
	"cowpi.example/transcript"
)

const lunch = `
conversation lunch: Alice Bob
Alice: Have you had lunch yet?
Bob: Yes.
`

// An outsider, who has public keys and nothing else, forges the transcript of a
// conversation that never took place.
func ExampleOutsider() {
	s, err := script.Parse(lunch)
	if err != nil {
		fmt.Println(err)
		return
	}
	world, err := simulator.NewWorld(suite.Default, s, [32]byte{1}) // everybody's keys: the forger gets the public ones
	if err != nil {
		fmt.Println(err)
		return
	}
	var forged transcript.Memory
	outsider := simulator.Outsider{Public: world.Public()}
	if _, err := outsider.Forge(simulator.Job{Script: s, Coins: [32]byte{2}, Open: simulator.To(&forged)}); err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range forged.Records {
		if saw, ok := r.(transcript.Saw); ok && saw.Who == "Bob" && saw.What == transcript.Text {
			fmt.Printf("%s: %s\n", saw.Party, saw.Text)
		}
	}
	// Output:
	// Alice: Have you had lunch yet?
	// Bob: Yes.
}

// Perfect simulation: with the coins of a real run on its tape, a forger makes the
// very same transcript.
func ExampleRecorder() {
	s, _ := script.Parse(lunch)
	world, _ := simulator.NewWorld(suite.Default, s, [32]byte{1})
	var real, forged transcript.Memory
	recorder := simulator.NewRecorder(suite.Default)
	if _, err := world.Run(simulator.Job{Script: s, Coins: [32]byte{2}, Open: simulator.To(&real)}, recorder); err != nil {
		fmt.Println(err)
		return
	}
	outsider := simulator.Outsider{Public: world.Public()}
	if _, err := outsider.Forge(simulator.Job{Script: s, Coins: [32]byte{2}, Open: simulator.To(&forged), Tape: recorder.Tape()}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fmt.Sprint(real) == fmt.Sprint(forged))
	// Output: true
}
