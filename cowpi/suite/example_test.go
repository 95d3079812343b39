package suite_test

import (
	"fmt"

	"cowpi.example/cowpi/suite"
)

// Two keys, one shared point; and keys that are refused where they are received.
func Example() {
	s := suite.Default
	a, b := suite.Scalar{1}, suite.Scalar{2}
	ab, _ := s.DH(a, s.Public(b))
	ba, _ := s.DH(b, s.Public(a))
	fmt.Println(ab == ba)

	key := suite.Key(s.KDF("example", suite.KeySize, ab[:]))
	sealed := s.Seal(nil, "example", key, [suite.NonceSize]byte{}, []byte("lunch"), []byte("at noon"))
	opened, ok := s.Open("example", key, [suite.NonceSize]byte{}, sealed, []byte("at noon"))
	fmt.Println(string(opened), ok, len(sealed)-len(opened) == suite.TagSize)

	fmt.Println(s.CheckPoint(suite.Point{}))
	// Output:
	// true
	// lunch true true
	// suite: point has small order
}

// The coins of one step, from a fresh seed and the stored counter. Where the
// random source has failed and gives the same seed again, the counter and the
// long-term secret still make other coins.
func ExampleNewCoins() {
	secret, stuck := suite.Scalar{7}, suite.Seed{}
	first := suite.NewCoins(suite.Default, stuck, secret, 1)
	second := suite.NewCoins(suite.Default, stuck, secret, 2)
	again := first // a copy draws the same
	fmt.Println(first.Draw("nonce", 0) == again.Draw("nonce", 0))
	fmt.Println(first.Draw("nonce", 0) == first.Draw("nonce", 1))
	fmt.Println(first.Draw("nonce", 0) == second.Draw("nonce", 0))
	// Output:
	// true
	// false
	// false
}

// A secret is overwritten when it is dropped.
func ExampleWipe() {
	key := suite.Key{1, 2, 3}
	suite.Wipe(&key)
	fmt.Println(key == suite.Key{})
	// Output:
	// true
}
