package judge

import (
	"cowpi.example/cowpi/cowpitest"
	"fmt"
	"testing"
)

func TestDbg(t *testing.T) {
	x := Experiment{Game: Unlinkability, Trials: 60, Seed: 3, Suite: cowpitest.Cheap}
	for i := range uint64(60) {
		g, real, err := x.trial(i, []Distinguisher{Find("reuse")})
		if err != nil {
			t.Fatal(err)
		}
		if g[0].opinion.Answer != CannotTell {
			fmt.Println(i, real, g[0].opinion)
		}
	}
}
