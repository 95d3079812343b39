package show_test

import (
	"fmt"
	"os"
	"strings"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
	"cowpi.example/transcript/show"
	"cowpi.example/transcript/show/picture"
)

// forked is what two people were shown: at index 1, not the same.
func forked() transcript.Source {
	m := &transcript.Memory{Head: transcript.Header{SuiteID: suite.Default.ID(), Providers: []identity.Party{{ID: "router"}}}}
	both := []transcript.Member{{ID: "Alice"}, {ID: "Bob"}}
	for i, who := range []identity.ID{"Alice", "Bob"} {
		m.Records = append(m.Records,
			transcript.Saw{Who: who, What: transcript.Roster, Party: "Alice", Added: []identity.ID{"Alice", "Bob"}, Members: both},
			transcript.Saw{Who: who, What: transcript.Text, Index: 1, Party: "Alice", ID: content.TextID{byte(i)}, Text: []byte([]string{"Yes.", "No."}[i])})
	}
	return m.Source()
}

func ExampleTerminal() {
	if err := show.Terminal(os.Stdout, forked(), show.Options{Width: 60}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Conversation 1 (00000000)
	// !! Views part at index 1: participants were shown different
	//   things.
	//    Nobody stopped there.
	//
	//       | Alice                    | Bob
	// ------+--------------------------+-------------------------
	// -- epoch 0: Alice and Bob
	//     0 | * Alice begins, with Bob | * Alice begins, with Bob
	// >>> 1: HERE THEY PART
	//     1 | Alice: Yes.              | Alice: No.
	// ------+--------------------------+-------------------------
	//   now | takes part               | takes part
}

func ExampleHTML() {
	var page strings.Builder
	if err := show.HTML(&page, forked(), show.Options{Title: "What they saw"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(page.String(), "Here they part: index 1"))
	// Output: true
}

func ExampleRead() {
	m, err := show.Read(forked(), show.Options{})
	if err != nil {
		fmt.Println(err)
	}
	for _, group := range m.Conversations[0].First.Sights {
		fmt.Printf("%s was shown %q\n", group[0].Who, group[0].Saw.Text)
	}
	// Output:
	// Alice was shown "Yes."
	// Bob was shown "No."
}

func ExampleJSON() {
	var drawn strings.Builder
	if err := show.JSON(&drawn, forked(), show.Options{}); err != nil {
		fmt.Println(err)
	}
	p, err := picture.Read(strings.NewReader(drawn.String()))
	if err != nil {
		fmt.Println(err)
	}
	for _, d := range p.Conversations[0].Differences {
		fmt.Println("index", d.Index, "was shown to", d.Views)
	}
	// Output:
	// index 1 was shown to [[Alice] [Bob]]
}
