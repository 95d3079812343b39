package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// String writes a script in its canonical form: Parse gives it back, but for the
// lines.
func (s Script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "providers %d\n", s.Providers)
	if s.Stock > 0 {
		fmt.Fprintf(&b, "stock %d\n", s.Stock)
	}
	if len(s.Users) > 0 {
		fmt.Fprintf(&b, "users%s\n", list(s.Users))
	}
	for _, st := range s.Statements {
		t, ok := st.Action.(Together)
		if !ok {
			fmt.Fprintln(&b, Describe(st.Action))
			continue
		}
		fmt.Fprintln(&b, "together")
		for _, st := range t.Body {
			fmt.Fprintln(&b, "  "+Describe(st.Action))
		}
		fmt.Fprintln(&b, "end")
	}
	return b.String()
}

// Describe writes one action as a line of a script. Of Together it writes the
// first word.
func Describe(a Action) string {
	q := quoteName
	in := func(name string) string { return " in " + q(name) }
	switch a := a.(type) {
	case Converse:
		return "conversation " + q(a.Name) + ":" + list(a.Who)
	case Say:
		return q(a.Who) + in(a.In) + ": " + quoteText(a.Text)
	case Change:
		var parts []string
		for _, c := range [...]struct {
			verb  string
			names []string
		}{{"adds", a.Add}, {"removes", a.Remove}, {"restarts", a.Restart}} {
			if len(c.names) > 0 {
				parts = append(parts, c.verb+list(c.names))
			}
		}
		return q(a.Who) + " " + strings.Join(parts, ", ") + in(a.In)
	case Leave:
		return q(a.Who) + " leaves" + in(a.In)
	case Release:
		return q(a.Who) + " releases texts" + in(a.In)
	case Discard:
		return q(a.Who) + " discards texts" + in(a.In)
	case ReplaceStock:
		return q(a.Who) + " replaces the stock"
	case RenewKeys:
		return q(a.Who) + " renews the keys"
	case Offline:
		return q(a.Who) + " goes offline"
	case Online:
		return q(a.Who) + " comes back"
	case Crash:
		return q(a.Node) + " crashes"
	case Backup:
		return "router makes a backup"
	case Restore:
		return "router is restored"
	case Together:
		return "together"
	case Run:
		return "run " + strconv.Itoa(a.Steps)
	case Wait:
		return "wait " + (time.Duration(a.For) * time.Millisecond).String()
	case Fork:
		return "router forks" + list(a.Who)
	case Tamper:
		return q(a.Provider) + " " + string(a.How) + " texts to" + list(a.Who)
	case Lie:
		return q(a.Provider) + " lies to " + q(a.To) + " about " + q(a.About)
	case Behave:
		return q(a.Provider) + " behaves"
	case SpoilBlock:
		return q(a.Who) + " spoils the block for " + q(a.For)
	case GiveOtherKey:
		return q(a.Who) + " gives " + q(a.To) + " another key"
	case Garble:
		return q(a.Who) + " garbles the text"
	case Repeat:
		return q(a.Who) + " repeats the text"
	}
	return "expect " + describeExpectation(a)
}

func describeExpectation(a Action) string {
	q := quoteName
	in := func(name string) string { return " in " + q(name) }
	at := func(n int64) string {
		if n < 0 {
			return ""
		}
		return " at " + strconv.FormatInt(n, 10)
	}
	by := func(check string) string {
		if check == "" {
			return ""
		}
		return " by " + check
	}
	switch a := a.(type) {
	case Sees:
		if a.Not {
			return q(a.Who) + " does not see " + strconv.Quote(a.Text) + in(a.In)
		}
		return q(a.Who) + " sees " + strconv.Quote(a.Text) + at(a.At) + in(a.In)
	case SeesMark:
		return q(a.Who) + " sees " + string(a.Mark) + " from " + q(a.Author) + in(a.In)
	case KnowsHas:
		return q(a.Who) + " knows " + q(a.Other) + " has " + strconv.Quote(a.Text) + in(a.In)
	case KnowsStopped:
		return q(a.Who) + " knows " + q(a.Other) + " stopped" + in(a.In)
	case With:
		if len(a.Others) == 0 {
			return q(a.Who) + " alone" + in(a.In)
		}
		return q(a.Who) + " with" + list(a.Others) + in(a.In)
	case Same:
		return "same" + list(a.Who) + in(a.In)
	case Forked:
		return "forked " + q(a.A) + " " + q(a.B) + in(a.In)
	case Stopped:
		s := q(a.Who) + " stopped" + by(a.Check) + at(a.At)
		if a.Blame != "" {
			s += " blaming " + q(a.Blame)
		}
		return s + in(a.In)
	case Is:
		return q(a.Who) + " " + string(a.Standing) + in(a.In)
	case Fails:
		return q(a.Who) + " fails" + by(a.Check)
	case Accuses:
		return q(a.Who) + " accuses " + q(a.Provider) + by(a.Check)
	}
	return fmt.Sprintf("%T", a)
}

func list(names []string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(" " + quoteName(n))
	}
	return b.String()
}

// quoteName puts a name in quotes if it could not be read without.
func quoteName(s string) string {
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == ':' || r == ',' || r == '"'
	}
	if s == "" || s[0] == '#' || slices.Contains(reserved[:], s) || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

// quoteText puts a text in quotes if the end of a line could not hold it as it is.
func quoteText(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if s == "" || s[0] == '"' || s != strings.TrimSpace(s) || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}
