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
