package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"cowpi.example/transcript/show/picture"
)

// leaves lists the commands that do something, by the words that call them. Those
// with commands below them only ask which one.
func leaves(c *cobra.Command) (out []*cobra.Command) {
	for _, sub := range c.Commands() {
		out = append(out, leaves(sub)...)
	}
	if !c.HasSubCommands() && c.Runnable() {
		out = append(out, c)
	}
	return out
}

// speechless says why a command has no --json, or nothing.
func speechless(path string) string {
	switch {
	case strings.HasPrefix(path, "proofs completion "):
		return "what it writes is a program for a shell, which no other program wants"
	case path == "proofs help":
		return "it is for people"
	}
	return ""
}

// untried says why a command is not called here, or nothing.
func untried(path string) string {
	if path == "proofs mutants" {
		return "it compiles the library; .ci/run calls it"
	}
	return ""
}

// calls is how to call every command with an answer on standard output.
var calls = map[string][][]string{
	"proofs keys":               {{"--script", "@lunch.cowpi"}, {"--script", "@lunch.cowpi", "-o", "@k"}, {"--from", "@world.json", "--only", "Bob", "-o", "@k"}},
	"proofs record":             {{"--script", "@lunch.cowpi", "-o", "@x"}},
	"proofs forge":              {{"--script", "@lunch.cowpi", "-o", "@x"}},
	"proofs transcript verify":  {{"@t"}},
	"proofs transcript compare": {{"@t"}},
	"proofs transcript show":    {{"@t"}},
	"proofs transcript convert": {{"@t", "-o", "@x"}},
	"proofs judge":              {{"@t", "--keys", "@world.json"}},
	"proofs game":               {{"conversation-integrity", "--adversary", "fork", "--trials", "1"}},
	"proofs controls":           {{"single-provider"}},
	"proofs explore":            {{"--participants", "2", "--messages", "1"}},
	"proofs list":               {{}},
	"proofs replay":             {{"@w"}},
	"proofs report":             {{"@report.json", "-o", "@x"}},
}

// Every command that does something takes --json, and then says one JSON value and
// nothing else.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	d := newDoor(t)
	d.must("forge", "--script", "@lunch.cowpi", "--keys", "@world.json", "-o", "@t")
	d.write("w", string(keptWin(t)))
	d.write("report.json", d.planned(little, "--json", "--no-report").out)
	root := command(little)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	n := 0
	for _, c := range leaves(root) {
		path := c.CommandPath()
		if speechless(path) != "" {
			require.Nil(t, c.Flags().Lookup("json"), path)
			continue
		}
		n++
		require.NotNil(t, c.Flags().Lookup("json"), path)
		if untried(path) != "" {
			n--
			continue
		}
		require.NotEmpty(t, calls[path], "%s: how is it called?", path)
		for _, args := range calls[path] {
			r := d.run(slices.Concat(strings.Fields(path)[1:], args, []string{"--json"})...)
			require.NotEqual(t, exitMisuse, r.code, "%s %v: %s", path, args, r.err)
			dec := json.NewDecoder(strings.NewReader(r.out))
			var v map[string]any
			require.NoError(t, dec.Decode(&v), "%s %v: %s", path, args, r.out)
			require.False(t, dec.More(), "%s %v: %s", path, args, r.out)
		}
	}
	require.Equal(t, len(calls), n)

	// The controls: a command without the flag shows, and a wrong flag is refused.
	root.AddCommand(&cobra.Command{Use: "mute", Run: func(*cobra.Command, []string) {}})
	require.True(t, slices.ContainsFunc(leaves(root), func(c *cobra.Command) bool {
		return speechless(c.CommandPath()) == "" && c.Flags().Lookup("json") == nil
	}))
	require.Equal(t, exitMisuse, d.run("keys", "--script", "@lunch.cowpi", "--jason").code)
}

// What keys says of a file: how many there are, and how many secrets it holds.
func TestKeysSayWhatTheyWrote(t *testing.T) {
	d := newDoor(t)
	say := func(args ...string) (m keysMade) {
		require.NoError(t, json.Unmarshal([]byte(d.must(append(args, "--json")...)), &m))
		return m
	}
	require.Equal(t, keysMade{d.path("all"), 3, 3, 6}, say("keys", "--script", "@lunch.cowpi", "-o", "@all"))
	require.Equal(t, keysMade{d.path("bob"), 3, 3, 1}, say("keys", "--from", "@all", "--only", "Bob", "-o", "@bob"))
	require.Equal(t, keysMade{d.path("none"), 3, 3, 0}, say("keys", "--from", "@all", "-o", "@none"))
	require.Equal(t, d.must("keys", "--from", "@all"), d.must("keys", "--from", "@all", "--json"))
	require.Empty(t, d.must("keys", "--from", "@all", "-o", "@none"))
}

// Where a fork is, the door says in JSON too; bounded as it was asked to.
func TestShowInJSON(t *testing.T) {
	d := newDoor(t)
	d.must("record", "--script", "../testdata/scripts/fork.cowpi", "-o", "@fork")
	p, err := picture.Read(strings.NewReader(d.must("transcript", "show", "@fork", "--json")))
	require.NoError(t, err)
	require.Equal(t, uint64(12), p.Conversations[0].Differences[0].Index)
	fewer, err := picture.Read(strings.NewReader(d.must("transcript", "show", "@fork", "--json", "--lanes", "2")))
	require.NoError(t, err)
	require.Len(t, fewer.Conversations[0].Participants, 2)
	r := d.run("transcript", "show", "@fork", "--json", "--html", "@page")
	require.Equal(t, exitMisuse, r.code)
	require.Empty(t, r.out)
	require.NoFileExists(t, d.path("page"))
}

// What a transcript says reaches no terminal by way of JSON.
func TestJSONObeysNobody(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, asJSON(&b, map[string]string{"text": "\u009b31m\u202e"}))
	require.Equal(t, "{\n  \"text\": \"\\u009b31m\\u202e\"\n}\n", b.String())
}
