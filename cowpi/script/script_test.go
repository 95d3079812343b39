package script

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/corpustest"
)

const example = `# The first example of the paper.
providers 4
users "Dave the 2nd"
conversation lunch: Alice Bob
conversation "the others": Bob "Dave the 2nd"
`

func parsed(t require.TestingT, text string) Script {
	s, err := Parse(text)
	require.NoError(t, err)
	return s
}

func actions(s Script) (out []Action) {
	for _, st := range s.Statements {
		out = append(out, st.Action)
	}
	return out
}

// Every kind of statement, read and written.
func TestEveryStatement(t *testing.T) {
	const head = "conversation lunch: Alice Bob\nusers Charlie \"Dave the 2nd\"\n"
	for line, want := range map[string]Action{
		`Alice: Are you going?`:                       Say{"Alice", "lunch", "Are you going?"},
		`Alice in lunch:  # not a comment`:            Say{"Alice", "lunch", "# not a comment"},
		`Alice: say "hi": now`:                        Say{"Alice", "lunch", `say "hi": now`},
		`Alice: "  \u202e\n"`:                         Say{"Alice", "lunch", "  \u202e\n"},
		`Alice: ""`:                                   Say{"Alice", "lunch", ""},
		`"Dave the 2nd": hi`:                          Say{"Dave the 2nd", "lunch", "hi"},
		`Alice adds Charlie Erin, removes Bob`:        Change{"Alice", "lunch", []string{"Charlie", "Erin"}, []string{"Bob"}, nil},
		`Bob restarts Bob in lunch`:                   Change{"Bob", "lunch", nil, nil, []string{"Bob"}},
		`Alice leaves # at last`:                      Leave{"Alice", "lunch"},
		`Alice releases texts`:                        Release{"Alice", "lunch"},
		`Alice discards texts in lunch`:               Discard{"Alice", "lunch"},
		`Alice replaces the stock`:                    ReplaceStock{"Alice"},
		`Alice renews the keys`:                       RenewKeys{"Alice"},
		`router makes a backup`:                       Backup{},
		`Bob goes offline`:                            Offline{"Bob"},
		`Bob comes back`:                              Online{"Bob"},
		`Bob crashes`:                                 Crash{"Bob"},
		`mirror2 crashes`:                             Crash{"mirror2"},
		`wait 90s`:                                    Wait{90_000},
		`router forks Alice "Dave the 2nd"`:           Fork{[]string{"Alice", "Dave the 2nd"}},
		`mirror1 alters texts to Bob`:                 Tamper{"mirror1", Alters, []string{"Bob"}},
		`router withholds texts to Bob Alice`:         Tamper{"router", Withholds, []string{"Bob", "Alice"}},
		`mirror1 lies to Alice about Charlie`:         Lie{"mirror1", "Alice", "Charlie"},
		`mirror1 behaves`:                             Behave{"mirror1"},
		`Alice spoils the block for Bob`:              SpoilBlock{"Alice", "Bob"},
		`Alice gives Bob another key`:                 GiveOtherKey{"Alice", "Bob"},
		`Alice garbles the text`:                      Garble{"Alice"},
		`Alice repeats the text`:                      Repeat{"Alice"},
		`expect Bob sees "hi"`:                        Sees{"Bob", "lunch", "hi", -1, false},
		`expect Bob sees "hi" at 3 in lunch`:          Sees{"Bob", "lunch", "hi", 3, false},
		`expect Bob does not see "hi"`:                Sees{"Bob", "lunch", "hi", -1, true},
		`expect Bob sees repeat from Alice`:           SeesMark{"Bob", "lunch", "Alice", MarkRepeat},
		`expect Bob sees unreadable from Alice`:       SeesMark{"Bob", "lunch", "Alice", MarkUnreadable},
		`expect Bob knows Alice has "hi"`:             KnowsHas{"Bob", "lunch", "Alice", "hi"},
		`expect Bob knows Alice stopped`:              KnowsStopped{"Bob", "lunch", "Alice"},
		`expect Bob with Alice Charlie`:               With{"Bob", "lunch", []string{"Alice", "Charlie"}},
		`expect Bob alone`:                            With{"Bob", "lunch", nil},
		`expect same Alice Bob Charlie`:               Same{"lunch", []string{"Alice", "Bob", "Charlie"}},
		`expect forked Alice Bob in lunch`:            Forked{"lunch", "Alice", "Bob"},
		`expect Bob stopped`:                          Stopped{"Bob", "lunch", "", -1, ""},
		`expect Bob stopped by D1 at 5 blaming Alice`: Stopped{"Bob", "lunch", "D1", 5, "Alice"},
		`expect Bob behind`:                           Is{"Bob", "lunch", Behind},
		`expect Bob active in lunch`:                  Is{"Bob", "lunch", Active},
		`expect Alice fails by T2`:                    Fails{"Alice", "T2"},
		`expect Alice accuses mirror1`:                Accuses{"Alice", "mirror1", ""},
	} {
		s := parsed(t, head+line+"\n")
		require.Len(t, s.Statements, 2, line)
		require.Equal(t, Statement{3, want}, s.Statements[1], line)
		require.Equal(t, actions(s), actions(parsed(t, s.String())), "%s, as it is written", line)
	}
}

func TestTogetherHoldsItsStatements(t *testing.T) {
	s := parsed(t, example+"together\n  Alice in lunch: one\n  run 20\n  Bob in \"the others\": two\nend\nrouter crashes\n")
	require.Equal(t, 4, s.Providers)
	require.Equal(t, []string{"lunch", "the others"}, s.Conversations)
	require.Equal(t, Statement{6, Together{[]Statement{
		{7, Say{"Alice", "lunch", "one"}}, {8, Run{20}}, {9, Say{"Bob", "the others", "two"}}}}}, s.Statements[2])
	require.Equal(t, Statement{11, Crash{"router"}}, s.Statements[3])
	require.Equal(t, 10, strings.Count(s.String(), "\n"))
}

// What holds for the whole script stands before all that happens; who is restored
// has made a backup before.
func TestStockAndBackups(t *testing.T) {
	s := parsed(t, "stock 3\nproviders 2\nconversation x: A B\nrouter makes a backup\nA: hi\nrouter is restored\n")
	require.Equal(t, 3, s.Stock)
	require.Equal(t, []Action{Converse{"x", []string{"A", "B"}}, Backup{}, Say{"A", "x", "hi"}, Restore{}}, actions(s))
	require.Equal(t, s.Stock, parsed(t, s.String()).Stock)
	_, err := Parse("stock 3\nstock 3")
	require.EqualError(t, err, "line 2: the stock is said once, before all that happens")
}

// A user may have any name, also one that means something else without quotes.
func TestNamesInQuotes(t *testing.T) {
	s := parsed(t, "conversation x: \"in\" expect \"end\" ünï #comment\n\"in\": hello\nexpect: hi\n\"expect\" goes offline\nünï: hö\n")
	require.Equal(t, []string{"in", "expect", "end", "ünï"}, s.Users)
	require.Equal(t, Say{"expect", "x", "hi"}, s.Statements[2].Action)
	require.Equal(t, Offline{"expect"}, s.Statements[3].Action)
	require.Equal(t, actions(s), actions(parsed(t, s.String())))
}

// What is wrong is told with its line, and nothing is returned.
func TestBadScripts(t *testing.T) {
	const head = "conversation lunch: Alice Bob\n"
	for line, want := range map[string]string{
		`Eve: hi`:                          `there is no user "Eve"`,
		`Alice:`:                           `nothing is said`,
		`Alice: "hi`:                       `do not close`,
		`Alice: "hi" there`:                `more after the quoted text`,
		`Alice: "\xff"`:                    `not UTF-8`,
		"Alice: \xff":                      `not UTF-8`,
		`Alice in dinner: hi`:              `no conversation "dinner"`,
		`Alice dances`:                     `cannot do this: "dances"`,
		`Alice`:                            `is missing`,
		`Alice adds`:                       `a user is missing`,
		`Alice adds Charlie, Dave`:         `adds, removes or restarts, not "Dave"`,
		`Alice adds Charlie Charlie`:       `twice`,
		`Alice adds Charlie, adds Charlie`: `twice`,
		`Alice removes Charlie`:            `there is no user "Charlie"`,
		`Alice leaves now`:                 `what does "now" mean here?`,
		`mirror3 crashes`:                  `there is no provider "mirror3"`,
		`mirror1 forks Alice`:              `only the router`,
		`mirror1 alters texts Bob`:         `"to" is missing`,
		`conversation lunch: Alice`:        `taken`,
		`conversation two Alice`:           `":" is missing`,
		`conversation two: router`:         `a name of providers`,
		`conversation two: "router*"`:      `a name of providers`,
		`conversation two: ""`:             `cannot be a name`,
		`providers 3`:                      `before all that happens`,
		`providers x`:                      `a number from 1`,
		`stock 3`:                          `before all that happens`,
		`stock 0`:                          `a number from 1`,
		`Alice replaces stock`:             `cannot do this: "replaces"`,
		`Alice renews the stock`:           `cannot do this: "renews"`,
		`mirror1 makes backup`:             `cannot do this: "makes"`,
		`router is restored`:               `has no backup`,
		`mirror1 makes a backup`:           `only the router can come back`,
		`wait long`:                        `a time such as`,
		`wait -1s`:                         `a time such as`,
		`run 5`:                            `within together`,
		`end`:                              `end without together`,
		`together`:                         `together has no end`,
		`together now`:                     `what does "now" mean`,
		`expect Alice`:                     `what of Alice to expect`,
		`expect Alice dances`:              `nothing can be expected like this`,
		`expect Alice sees hi`:             `in quotes`,
		`expect Alice stopped by fire`:     `the number of a check`,
		`expect Alice stopped at home`:     `an index`,
		`expect same Alice`:                `same as whom?`,
		`expect forked Alice Bob Alice`:    `twice`,
		`: hi`:                             `cannot begin with ":"`,
		`al"ice: hi`:                       `a quote within a word`,
		`in: hi`:                           `there is no user "in"`,
		`in lunch`:                         `a line cannot begin with "in"`,
	} {
		s, err := Parse(head + "\n" + line + "\n")
		var e *Error
		require.ErrorAs(t, err, &e, line)
		require.Equal(t, 3, e.Line, line)
		require.Contains(t, e.Reason, want, line)
		require.Equal(t, Script{}, s)
		_, err = Parse(head)
		require.NoError(t, err)
	}
	_, err := Parse(head + "conversation two: Bob Alice\nAlice: hi")
	require.EqualError(t, err, "line 3: in which conversation? say: in lunch")
	_, err = Parse("Alice: hi")
	require.EqualError(t, err, `line 1: there is no user "Alice"`)
	_, err = Parse("users Alice\nAlice: hi")
	require.EqualError(t, err, "line 2: no conversation has begun")
	_, err = Parse(head + "together\ntogether")
	require.EqualError(t, err, "line 3: together within together")
	_, err = Parse(head + "together\nexpect Alice alone")
	require.ErrorContains(t, err, "line 3: within together")
	_, err = Parse(strings.Repeat("#", MaxSize+1))
	require.ErrorContains(t, err, "bytes")
	_, err = Parse(head + strings.Repeat("router crashes\n", MaxStatements))
	require.ErrorContains(t, err, "statements")
}

// Any text and any name survive being written and read.
func TestTextsAndNamesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 10, 64).Filter(func(s string) bool { return !strings.Contains(s, "\x00") }).Draw(t, "name")
		text := rapid.String().Draw(t, "text")
		s := Script{Providers: 2, Users: []string{name}, Conversations: []string{name}, Statements: []Statement{
			{3, Converse{name, []string{name}}}, {4, Say{name, name, text}}, {5, Sees{name, name, text, 7, false}}}}
		require.Equal(t, s, parsed(t, s.String()))
	})
}

// What is accepted is written so that it is read the same; nothing panics.
func FuzzParse(f *testing.F) {
	corpustest.Add(f, "script.FuzzParse")
	for _, s := range []string{example, "conversation a: b\nb: hi\ntogether\nb in a: \"x\"\nrun 3\nend\nexpect b alone",
		"users a b\nwait 1h\nrouter forks a\nmirror1 lies to a about c", "\"\\u0061\" goes", "a,b:c\"", "#", "conversation \"\": x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, Script{}, s)
			return
		}
		again := parsed(t, s.String())
		require.Equal(t, s.String(), again.String())
		require.Equal(t, s.Providers, again.Providers)
		require.Equal(t, s.Stock, again.Stock)
		require.Equal(t, s.Users, again.Users)
		require.Equal(t, s.Conversations, again.Conversations)
	})
}
