package vectors_test

import (
	"fmt"
	"os"
	"testing"
)

// The vectors stand in testdata, which ./... does not enter; so the tests that
// run the library on them are here, and work there.
func TestMain(m *testing.M) {
	if err := os.Chdir("../../testdata/vectors"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
