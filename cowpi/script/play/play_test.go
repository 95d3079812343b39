package play

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/script"
	"cowpi.example/testdata/scripts"
)

func played(t *testing.T, text string, opt Options) Report {
	t.Helper()
	s, err := script.Parse(text)
	require.NoError(t, err)
	r, err := Play(s, opt)
	require.NoError(t, err)
	return r
}

// Every script of the folder runs as it says, in many orders.
func TestScriptsInManyOrders(t *testing.T) {
	names, err := fs.Glob(scripts.Files(), "*.cowpi")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(scripts.Files(), name)
		require.NoError(t, err)
		for seed := range uint64(6) {
			r := played(t, string(text), Options{Seed: seed, Suite: cowpitest.Cheap})
			require.Empty(t, r.Failures, "%s, seed %d", name, seed)
		}
	}
}

const group = "conversation a: Alice Bob Charlie\nAlice: hi\n"

// A script does not pass for one that it is not: what is expected in vain, what
// happens unexpected, what cannot be done. Each as it should be is no failure.
func TestFailures(t *testing.T) {
	for _, c := range []struct{ good, bad, want string }{
		{"expect Bob sees \"hi\" at 3", "expect Bob sees \"hi\" at 4", "line 3: expect Bob sees \"hi\" at 4 in a: it is not so: Bob saw it at 3"},
		{"", "expect Bob sees \"ho\"", "was not shown to Bob"},
		{"expect Bob does not see \"ho\"", "expect Bob does not see \"hi\"", "Bob saw it at 3"},
		{"expect same Alice Bob", "Bob goes offline\nAlice: ho\nexpect same Alice Bob", "codes of Alice after"},
		{"", "expect forked Alice Bob", "one of the two views is the beginning of the other"},
		{"", "expect Bob stopped", "Bob did not stop"},
		{"expect Bob active", "expect Bob behind", "Bob is active"},
		{"Bob goes offline\nAlice: ho\nexpect Bob behind", "Bob goes offline\nAlice: ho\nexpect Bob active", "Bob is behind"},
		{"Bob leaves\nexpect Bob left", "Bob leaves\nexpect Bob removed", "Bob is left"},
		{"Bob leaves\nexpect Alice with Charlie", "expect Alice with Charlie", `Alice is there with ["Bob" "Charlie"]`},
		{"", "expect Bob sees unreadable from Alice", "no unreadable from Alice"},
		{"expect Alice knows Bob has \"hi\"", "Bob goes offline\nAlice: ho\nexpect Alice knows Bob has \"ho\"", "was not told that Bob has it"},
		{"", "expect Alice knows Bob stopped", "was not told that Bob stopped"},
		{"", "expect Alice fails", "nothing of the kind failed"},
		{"", "expect Alice accuses router", "accuses no such provider"},
		{"", "Bob leaves\nBob: ho", "line 4: Bob in a: ho: cowpi: misuse: send"},
		{"", "Alice removes Bob\nAlice removes Bob", "does not take part"},
		// What nobody said must not happen.
		{"mirror1 alters texts to Bob\nAlice: ho\nexpect Bob stopped by D1 at 6 blaming providers",
			"mirror1 alters texts to Bob\nAlice: ho", "at the end: Bob stopped in a at index 6"},
		{"", "mirror1 alters texts to Bob\nAlice: ho\nexpect Bob stopped by D2", "Bob stopped by D1 at 6 blaming providers"},
		{"", "mirror1 alters texts to Bob\nAlice: ho\nexpect Bob stopped at 7", "Bob stopped by D1 at 6"},
		{"", "mirror1 alters texts to Bob\nAlice: ho\nexpect Bob stopped blaming Alice", "Bob stopped by D1 at 6"},
		{"mirror1 withholds texts to Bob\nAlice: ho\nexpect Bob behind",
			"mirror1 withholds texts to Bob\nAlice: ho", "at the end: Bob is behind in a"},
		{"mirror1 lies to Alice about Dave\nAlice adds Dave\nexpect Alice fails by T2",
			"mirror1 lies to Alice about Dave\nAlice adds Dave", "at the end: Alice could not do something"},
		{"", "mirror1 lies to Alice about Dave\nAlice adds Dave\nexpect Alice fails by T1", "nothing of the kind failed, but: providers answer differently"},
		{"Bob goes offline\nBob: ho\nAlice adds Dave\nBob comes back\nexpect Bob does not see \"ho\"",
			"Bob goes offline\nBob: ho\nAlice adds Dave\nBob comes back", `line 4: "ho" of Bob was never shown`},
	} {
		if c.good != "" {
			require.Empty(t, played(t, group+c.good, Options{Suite: cowpitest.Cheap}).Failures, c.good)
		}
		r := played(t, group+c.bad, Options{Suite: cowpitest.Cheap})
		require.NotEmpty(t, r.Failures, c.bad)
		require.Contains(t, fmt.Sprint(r.Failures), c.want, c.bad)
	}
}

// A router comes back from the backup that it made last: what was before is never
// lost, what came after its mirrors have.
func TestRestoredRouter(t *testing.T) {
	for _, text := range []string{"router makes a backup\n", ""} {
		r := played(t, "providers 2\nrouter makes a backup\n"+group+text+"Bob: ho\nrouter is restored\nCharlie: hu\nexpect same Alice Bob Charlie\n",
			Options{Suite: cowpitest.Cheap})
		require.Empty(t, r.Failures)
	}
}

// A stock is as large as the script says: the next who needs a prekey of one who is
// away gets none.
func TestStock(t *testing.T) {
	const away = "users Alice Bob Charlie\nBob goes offline\nconversation a: Alice Bob\nconversation b: Charlie Bob\n"
	require.Empty(t, played(t, "stock 1\n"+away+"expect Charlie fails\n", Options{Suite: cowpitest.Cheap}).Failures)
	require.Empty(t, played(t, "stock 2\n"+away, Options{Suite: cowpitest.Cheap}).Failures)
	require.NotEmpty(t, played(t, "stock 2\n"+away+"expect Charlie fails\n", Options{Suite: cowpitest.Cheap}).Failures)
}

// A fork that nobody expects is a failure: the views differ.
func TestForkIsNotOverlooked(t *testing.T) {
	const text = "providers 1\n" + group + "router forks Charlie\ntogether\nBob: one\nCharlie: two\nend\n"
	r := played(t, text, Options{Suite: cowpitest.Cheap})
	require.Contains(t, fmt.Sprint(r.Failures), "views differ")
	require.True(t, r.Forked)
	require.Empty(t, played(t, text+"expect forked Alice Charlie", Options{Suite: cowpitest.Cheap}).Failures)
	require.NotEmpty(t, played(t, text+"expect same Alice Charlie", Options{Suite: cowpitest.Cheap}).Failures)
}

// Conversations that cannot begin, or not yet.
func TestBeginnings(t *testing.T) {
	const away = "users Alice Bob\nAlice goes offline\nconversation a: Alice Bob\n"
	r := played(t, away+"Alice: hi", Options{})
	require.Contains(t, fmt.Sprint(r.Failures), "the conversation a has not begun")
	require.False(t, r.Conversations[0].Begun)
	r = played(t, away+"Alice comes back\nAlice: hi\nexpect Bob sees \"hi\"", Options{})
	require.Empty(t, r.Failures)
	r = played(t, away+"conversation b: Alice Bob", Options{})
	require.Contains(t, fmt.Sprint(r.Failures), "Alice has not yet begun a")
	r = played(t, "users Alice\nmirror1 lies to Alice about Bob\nconversation a: Alice Bob", Options{})
	require.Contains(t, fmt.Sprint(r.Failures), "could not do something")
}

// The same seed plays the same, to the byte; another does not.
func TestSeed(t *testing.T) {
	text := scripts.Default()
	first, again, other := played(t, text, Options{Seed: 1}), played(t, text, Options{Seed: 1}), played(t, text, Options{Seed: 2})
	require.Equal(t, first, again)
	require.NotEqual(t, first.Conversations[0].Views[0].Code, other.Conversations[0].Views[0].Code)
}

// Who has what: one that was added or restarted later has nothing of what was
// before, whatever it acknowledges.
func TestWhoHasIt(t *testing.T) {
	r := played(t, group+"Alice adds Dave\nDave: ho\n", Options{})
	require.Empty(t, r.Failures)
	v := r.Conversations[0].Views[0]
	var lines []string
	for _, l := range v.Lines {
		lines = append(lines, fmt.Sprint(l.Kind, l.Text, l.AckedBy))
	}
	require.Equal(t, "roster[Bob Charlie] texthi[Bob Charlie] roster[Bob Charlie Dave] textho[Alice Bob Charlie]", strings.Join(lines, " "))
}
