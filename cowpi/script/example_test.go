package script_test

import (
	"fmt"

	"cowpi.example/cowpi/script"
)

// A script is text; what is wrong with it is told with its line.
func ExampleParse() {
	s, err := script.Parse("conversation lunch: Alice Bob\nAlice: Have you had lunch yet?\nBob goes offline")
	fmt.Println(s.Users, len(s.Statements), err)
	for _, st := range s.Statements {
		fmt.Println(script.Describe(st.Action))
	}
	_, err = script.Parse("conversation lunch: Alice Bob\nCharlie: me too")
	fmt.Println(err)
	// Output:
	// [Alice Bob] 3 <nil>
	// conversation lunch: Alice Bob
	// Alice in lunch: Have you had lunch yet?
	// Bob goes offline
	// line 2: there is no user "Charlie"
}
