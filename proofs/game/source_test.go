package game_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/proofs/game"
)

// Every game has its source, which begins with the game, and goes on with its judges.
func TestEveryGameHasItsSource(t *testing.T) {
	for _, g := range game.All() {
		list, err := game.SourceOf(g)
		require.NoError(t, err)
		require.Contains(t, list[0].Text, `"`+g.Name+`"`)
		require.Positive(t, list[0].Line)
		for _, s := range list[1:] {
			require.NotContains(t, s.Text, "= &Game{", "another game")
		}
	}
	list, err := game.SourceOf(game.ConversationIntegrity)
	require.NoError(t, err)
	var all string
	for _, s := range list {
		all += s.Text + "\n"
	}
	require.Contains(t, all, "// ConversationIntegrity is the paper's")
	require.Contains(t, all, "\nfunc parted(")
	require.Contains(t, all, "\nfunc anyTrust(")

	_, err = game.SourceOf(&game.Game{Name: "nothing"})
	require.Error(t, err)
}
