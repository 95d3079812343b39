package play_test

import (
	"fmt"

	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
)

// A script is played to its end; what went otherwise than it says is told.
func ExamplePlay() {
	s, err := script.Parse("conversation lunch: Alice Bob\nAlice: Have you had lunch yet?\nexpect Bob stopped")
	fmt.Println(err)
	report, err := play.Play(s, play.Options{Seed: 1})
	fmt.Println(err)
	fmt.Println(report.Conversations[0].Name, len(report.Conversations[0].Views))
	for _, f := range report.Failures {
		fmt.Println(f.Line, f.What)
	}
	// Output:
	// <nil>
	// <nil>
	// lunch 2
	// 3 expect Bob stopped in lunch: it is not so: Bob did not stop
}
