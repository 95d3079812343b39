package play

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/script"
	"cowpi.example/testdata/scripts"
)

func TestTmp(t *testing.T) {
	names, err := fs.Glob(scripts.Files(), "*.cowpi")
	require.NoError(t, err)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, err := fs.ReadFile(scripts.Files(), name)
			require.NoError(t, err)
			s, err := script.Parse(string(text))
			require.NoError(t, err)
			r, err := Play(s, Options{Seed: 1})
			require.NoError(t, err)
			for _, f := range r.Failures {
				t.Error(f)
			}
			if testing.Verbose() {
				for _, c := range r.Conversations {
					for _, v := range c.Views {
						fmt.Println(v.User, v.Last, v.Code)
						for _, l := range v.Lines {
							fmt.Println("   ", l)
						}
						if v.Stopped != nil {
							fmt.Println("   ", v.Stopped)
						}
					}
				}
				fmt.Println(r.Spent)
			}
		})
	}
}
