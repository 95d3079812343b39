package exchange_test

import (
	"fmt"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
)

// What decodes encodes to the same bytes, and nothing may be left over.
func ExampleParse() {
	b := exchange.Encode(exchange.Ack{Sid: suite.Hash{1}, Index: 7})
	m, err := exchange.Parse(suite.Default, b)
	fmt.Println(m.(exchange.Ack).Index, err, string(exchange.Encode(m)) == string(b))

	_, err = exchange.Parse(suite.Default, append(b, 0))
	fmt.Println(err)
	// Output:
	// 7 <nil> true
	// cowpi: check W1 failed: message: field end at byte 41: 1 bytes left over
}

// Each provider finds its own authentication block in an upload. The identity of
// the upload leaves these out, so that they can be made anew.
func ExampleAuthenticate() {
	s, sid := suite.Default, suite.Hash{1}
	u := exchange.Upload{Data: []byte("a data block"), Blocks: [][]byte{{1}, {2}}}
	id := u.ID(s)
	key, name := suite.Key{3}, [8]byte{4} // of the connection
	u.Auths = []exchange.Auth{exchange.Authenticate(s, key, name, sid, id)}
	fmt.Println(u.ID(s) == id)

	u.Blocks[0][0] ^= 1
	fmt.Println(exchange.Authenticate(s, key, name, sid, u.ID(s)) == u.Auths[0])
	// Output:
	// true
	// false
}
