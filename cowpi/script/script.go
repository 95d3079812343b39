// Package script reads conversation scripts: who is in, who says what, who goes
// away and comes back, what breaks, who misbehaves, and what is to be seen at the
// end. The format is described in testdata/scripts/README.md.
//
// [Parse] gives a [Script], which is a value: a list of statements, each with its
// line. Nothing here runs one; package play does, and others may.
package script

// Bounds of a script.
const (
	MaxSize       = 1 << 20 // bytes
	MaxStatements = 10000
	MaxUsers      = 1024
	MaxRun        = 1_000_000 // things that a run statement lets happen
	MaxWait       = 400 * 24 * 3600 * 1000
	MaxStock      = 4096 // prekeys of one user
)

// DefaultProviders is how many providers there are when a script does not say.
const DefaultProviders = 3

// Script is a parsed script. Every name in it has been checked: users and
// conversations are known, nodes exist.
type Script struct {
	Providers     int      // router and mirrors together
	Stock         int      // prekeys that everybody keeps with the providers; 0: so many that they last
	Users         []string // in the order of their first mention
	Conversations []string // in the order of their beginning
	Statements    []Statement
}

// Statement is one statement and where it stands.
type Statement struct {
	Line   int
	Action Action
}

// Action is one of the types below.
type Action interface{ action() }

// What users do. In is the name of a conversation.
type (
	// Converse begins a conversation: the first of Who begins it with the others.
	Converse struct {
		Name string
		Who  []string
	}
	// Say hands over a text.
	Say struct{ Who, In, Text string }
	// Change adds, removes and restarts, all by one UPDATE.
	Change struct {
		Who, In              string
		Add, Remove, Restart []string
	}
	// Leave ends one's own part.
	Leave struct{ Who, In string }
	// Release lets texts go that were held because somebody was added.
	Release struct{ Who, In string }
	// Discard takes back texts that are not on their way.
	Discard struct{ Who, In string }
	// ReplaceStock withdraws one's prekeys and uploads others.
	ReplaceStock struct{ Who string }
	// RenewKeys makes new keys for one's connections while they stand.
	RenewKeys struct{ Who string }
)

// What happens around them.
type (
	// Offline takes a phone off the network.
	Offline struct{ Who string }
	// Online puts it back.
	Online struct{ Who string }
	// Crash stops a node, user or provider, and starts it from what it stored.
	Crash struct{ Node string }
	// Backup keeps a copy of what the router has stored, instead of an older one.
	Backup struct{}
	// Restore stops the router and starts it from its backup.
	Restore struct{}
	// Together holds statements that are all under way at once.
	Together struct{ Body []Statement }
	// Run lets so many things happen, within Together.
	Run struct{ Steps int }
	// Wait lets time pass, in milliseconds.
	Wait struct{ For uint64 }
)

// What providers do that they must not.
type (
	// Fork: the router serves some users from a copy of itself.
	Fork struct{ Who []string }
	// Tamper: a provider does How with the texts that it delivers to some users.
	Tamper struct {
		Provider string
		How      Tampering
		Who      []string
	}
	// Lie: a provider answers To with another key for About.
	Lie struct{ Provider, To, About string }
	// Behave: a provider is honest again, and connects to its users anew.
	Behave struct{ Provider string }
)

// Tampering is what a provider does with texts.
type Tampering string

// The ways to tamper.
const (
	Alters    Tampering = "alters"    // changes a bit of every one
	Drops     Tampering = "drops"     // does not deliver the next one
	Reorders  Tampering = "reorders"  // exchanges the next two
	Withholds Tampering = "withholds" // delivers none
)

// What participants do that they must not, with the next thing that they write.
type (
	// SpoilBlock: the block for one recipient does not open.
	SpoilBlock struct{ Who, For string }
	// GiveOtherKey: the block for one recipient has a key that does not fit the
	// commitment: an attempt to show it another text than everybody else.
	GiveOtherKey struct{ Who, To string }
	// Garble: the text opens for nobody.
	Garble struct{ Who string }
	// Repeat: the text is the one before, again, under its old id.
	Repeat struct{ Who string }
)

// What is to be seen. All are checked where they stand, once all is settled.
type (
	// Sees: a text was shown, at index At unless that is negative; or it was Not.
	Sees struct {
		Who, In, Text string
		At            int64
		Not           bool
	}
	// SeesMark: something by Author was shown as a Mark instead of a text.
	SeesMark struct {
		Who, In, Author string
		Mark            Mark
	}
	// KnowsHas: Who was told that Other has a text.
	KnowsHas struct{ Who, In, Other, Text string }
	// KnowsStopped: Who was told that Other stopped.
	KnowsStopped struct{ Who, In, Other string }
	// With: the participants besides Who, by its own view, are just these.
	With struct {
		Who, In string
		Others  []string
	}
	// Same: all these have seen the same, and up to the same point.
	Same struct {
		In  string
		Who []string
	}
	// Forked: two have seen different things at one index, and neither noticed.
	Forked struct{ In, A, B string }
	// Stopped: a participant stopped at index At, upon Check, and blames somebody.
	// At may be negative, the others empty: then any will do.
	Stopped struct {
		Who, In, Check string
		At             int64
		Blame          string
	}
	// Is: where a participant stands.
	Is struct {
		Who, In  string
		Standing Standing
	}
	// Fails: a conversation or update that a user wanted did not come about.
	// Check may be empty.
	Fails struct{ Who, Check string }
	// Accuses: a user found that a provider broke Check, which may be empty.
	Accuses struct{ Who, Provider, Check string }
)

// Mark is what is shown in place of a text.
type Mark string

// The marks.
const (
	MarkRepeat     Mark = "repeat"
	MarkUnreadable Mark = "unreadable"
)

// Standing is where a participant stands in a conversation.
type Standing string

// The standings.
const (
	Active   Standing = "active"
	Behind   Standing = "behind" // takes part, and lacks what others have
	Left     Standing = "left"
	Removed  Standing = "removed"
	Outsider Standing = "outside" // has seen nothing of it
)

func (Converse) action()     {}
func (Say) action()          {}
func (Change) action()       {}
func (Leave) action()        {}
func (Release) action()      {}
func (Discard) action()      {}
func (ReplaceStock) action() {}
func (RenewKeys) action()    {}
func (Offline) action()      {}
func (Online) action()       {}
func (Crash) action()        {}
func (Backup) action()       {}
func (Restore) action()      {}
func (Together) action()     {}
func (Run) action()          {}
func (Wait) action()         {}
func (Fork) action()         {}
func (Tamper) action()       {}
func (Lie) action()          {}
func (Behave) action()       {}
func (SpoilBlock) action()   {}
func (GiveOtherKey) action() {}
func (Garble) action()       {}
func (Repeat) action()       {}
func (Sees) action()         {}
func (SeesMark) action()     {}
func (KnowsHas) action()     {}
func (KnowsStopped) action() {}
func (With) action()         {}
func (Same) action()         {}
func (Forked) action()       {}
func (Stopped) action()      {}
func (Is) action()           {}
func (Fails) action()        {}
func (Accuses) action()      {}
