package verify

import (
	"testing"
	"fmt"

	"github.com/stretchr/testify/require"
)

func TestHonest(t *testing.T) {
	for _, name := range []string{"default", "membership", "offline", "crash", "participant", "fork", "fork-single", "reorder", "reorder-single", "provider"} {
		r := run(t, record(t, parse(t, name)), nil)
		fmt.Println("=======", name)
		fmt.Println(r)
		require.NotNil(t, r)
	}
}
