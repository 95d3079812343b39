package show

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"cowpi.example/transcript/transcripttest"
)

func terminal(t *testing.T, script string, opt Options) string {
	var b bytes.Buffer
	require.NoError(t, Terminal(&b, transcripttest.RecordScript(t, script).Source(), opt))
	return b.String()
}

const golden = `>>> 2: HERE THEY PART
    A = a text by Alice: “Are you going to the protests?”; from router and
      mirror2 to Alice and Bob; mirror1 to Alice
    B = a text by Alice: “Have you had lunch yet?”, which others have at index
      3; from mirror1 to Bob
    2 | Alice: Are you going to the        | got A from router
      |   protests?                        | got B from mirror1
      | got A from router                  | got A from mirror2
      | got A from mirror1                 | STOPPED: cowpi: check D1 failed
      | got A from mirror2                 |   (providers) at conversation
      |                                    |   e819427b, index 2: router and
      |                                    |   mirror1 deliver different things
`

func TestTerminalShowsWhereTheyPart(t *testing.T) {
	out := terminal(t, "reorder", Options{})
	require.Contains(t, out, golden)
	require.Contains(t, out, "!! Deliveries part at index 2: ")
	require.Contains(t, out, "    4 | ! Bob says that it stopped")
	require.Contains(t, out, "-- epoch 1: Alice and Bob")
	require.NotContains(t, out, "\x1b")
	coloured := terminal(t, "reorder", Options{Colour: true})
	require.Contains(t, coloured, "\x1b[1;31m>>> 2: HERE THEY PART\x1b[0m")
	require.Contains(t, terminal(t, "fork", Options{Width: 120}), "    14: word of Dave that it stopped after 11; delivered by router* to Charlie and Dave")
	require.NotContains(t, terminal(t, "default", Options{}), "PART")
}

func TestTerminalKeepsItsWidth(t *testing.T) {
	for _, width := range []int{24, 40, 80, 200} {
		for line := range strings.Lines(terminal(t, "fork", Options{Width: width})) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, line)
		}
	}
}
