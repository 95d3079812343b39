package cowpitest

import (
	"flag"
	"testing"

	"cowpi.example/cowpi/corpustest"
)

var update = flag.Bool("update", false, "write the corpora of the fuzz targets anew")

// With -update this writes the seed corpora in testdata/fuzz. Those of the
// machines are programs, those of the decoders messages of a recorded conversation.
func TestCorpora(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	corpustest.Write(t, "cowpitest.FuzzParticipantStep", participantSeeds(cheapRecording()))
	corpustest.Write(t, "cowpitest.FuzzRouterStep", providerSeeds(cheapRecording(), 0))
	corpustest.Write(t, "cowpitest.FuzzMirrorStep", providerSeeds(cheapRecording(), 1))
}
