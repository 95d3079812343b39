package cowpitest

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests here make thousands of small networks, one after the other: with the
// usual setting, half of their time goes to collecting a heap of a few megabytes.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
