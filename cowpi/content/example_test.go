package content_test

import (
	"fmt"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// The author seals a text under a fresh k_m, which each recipient gets in its own
// block. Fits comes first: who gets another k_m knows that its block is bad.
func ExampleSeal() {
	s := suite.Default
	d := &conversation.DataBlock{Type: conversation.MSG, Seq: 1}
	key := suite.Key{1} // k_m: 32 coins, fixed so that the example prints the same each time
	err := content.Seal(s, d, key, content.Plain{ID: content.TextID{2}, Text: []byte("Have you had lunch yet?")})
	fmt.Println(err)

	fmt.Println(fault.CheckOf(content.Fits(s, d, suite.Key{9})))

	fmt.Println(content.Fits(s, d, key), d.Com == content.Commit(s, key))
	p, err := content.Open(s, d, key)
	fmt.Printf("%s %v\n", p.Text, err)
	// Output:
	// <nil>
	// C1
	// <nil> true
	// Have you had lunch yet? <nil>
}
