package cowpitest

import (
	"flag"
	"testing"

	"cowpi.example/cowpi/corpustest"
)

var update = flag.Bool("update", false, "write the corpora of the fuzz targets anew")

// With -update this writes the corpora of the machines in testdata/fuzz: programs
// that get far. See also package provider; the corpora of other targets are what
// the fuzzer found, beside the inputs that the targets add themselves.
func TestCorpora(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	corpustest.Write(t, "cowpitest.FuzzParticipantStep", participantSeeds(cheapRecording()))
	corpustest.Write(t, "cowpitest.FuzzRouterStep", providerSeeds(cheapRecording(), 0))
	corpustest.Write(t, "cowpitest.FuzzMirrorStep", providerSeeds(cheapRecording(), 1))
}
