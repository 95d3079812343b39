package picture_test

import (
	"fmt"
	"os"
	"strings"

	"cowpi.example/transcript/show/picture"
)

const drawn = `{"picture":"cowpi","version":1,"suite":"X25519-SHA256-ChaChaPoly","records":0,
"providers":["router"],"conversations":[],"faults":[],"left":[]}`

func ExampleRead() {
	p, err := picture.Read(strings.NewReader(drawn))
	fmt.Println(p.Providers, err)
	_, err = picture.Read(strings.NewReader(`{"picture":"cowpi","version":2}`))
	fmt.Println(err)
	// Output:
	// [router] <nil>
	// picture: "cowpi" of version 2; only "cowpi" of version 1 is known here
}

func ExampleWrite() {
	p, _ := picture.Read(strings.NewReader(drawn))
	if err := picture.Write(os.Stdout, p); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"picture":"cowpi","version":1,"suite":"X25519-SHA256-ChaChaPoly","records":0,"providers":["router"],"conversations":[],"faults":[],"left":[]}
}
