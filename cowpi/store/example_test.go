package store_test

import (
	"fmt"

	"cowpi.example/cowpi/store"
)

// A step reads a view, stages writes in a draft, and hands them out as records.
// Until the caller commits them nothing has happened.
func ExampleDraft() {
	var disk store.Memory
	disk.Commit([]store.Record{{Key: []byte("a1"), Value: []byte("one")}, {Key: []byte("b1"), Value: []byte("other")}})

	draft := store.NewDraft(&disk)
	draft.Put([]byte("a2"), []byte("two"))
	draft.Delete([]byte("a1"))
	show := func(v store.View) {
		prefix := []byte("a")
		err := v.Scan(prefix, store.PrefixEnd(prefix), func(key, value []byte) bool {
			fmt.Printf("%s=%s ", key, value)
			return true
		})
		fmt.Println(err)
	}
	show(draft)
	show(&disk)

	disk.Commit(draft.Records())
	show(&disk)
	// Output:
	// a2=two <nil>
	// a1=one <nil>
	// a2=two <nil>
}
