package wire_test

import (
	"fmt"

	"cowpi.example/cowpi/wire"
)

// A decoder reads field by field and asks once at its end.
func ExampleReader() {
	b := wire.NewWriter(16).U8(1).U32(7).Field([]byte("lunch")).Bytes()

	r := wire.NewReader("example", b)
	r.Version(1)
	n, text := r.U32("n"), r.Bytes("text", 100)
	fmt.Println(n, string(text), r.Done())

	r = wire.NewReader("example", b)
	r.Version(1)
	r.U32("n")
	r.Bytes("text", 3) // at most
	fmt.Println(r.Done())
	// Output:
	// 7 lunch <nil>
	// cowpi: check W1 failed: example: field text at byte 9: 5 bytes, at most 3 allowed
}

// Padding hides all but the order of magnitude of a length.
func ExamplePadme() {
	for _, n := range []int{9, 100, 101, 1000, 1001} {
		fmt.Println(n, wire.Padme(n))
	}
	// Output:
	// 9 10
	// 100 104
	// 101 104
	// 1000 1024
	// 1001 1024
}
