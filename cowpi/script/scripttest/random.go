// Package scripttest makes random conversation scripts, for tests that must hold
// for any.
package scripttest

import (
	"fmt"

	"cowpi.example/cowpi/script"
)

// Size bounds a random script.
type Size struct {
	Users         int // at most, at least 2
	Conversations int // at most, at least 1
	Statements    int // just so many, besides those that begin conversations
}

// maker makes one script.
type maker struct {
	pick  func(n int) int // 0 to n-1
	users []string
	talks []string
	texts int
	line  int
	away  map[string]bool
}

// Random makes a script with everybody honest: people talk, join, leave, are
// removed and restarted, go offline and come back; nodes crash; things happen at
// once. Not all that people try is possible, and UPDATEs that meet are refused. At
// the end everybody is online. pick chooses among n, and is all the randomness
// there is.
func Random(pick func(n int) int, size Size) script.Script {
	m := &maker{pick: pick, away: map[string]bool{}}
	s := script.Script{Providers: 2 + pick(2)}
	for i := range 2 + pick(size.Users-1) {
		m.users = append(m.users, fmt.Sprintf("user%d", i))
	}
	s.Users = m.users
	for i := range 1 + pick(size.Conversations) {
		name := fmt.Sprintf("talk%d", i)
		m.talks = append(m.talks, name)
		who := []string{m.users[pick(len(m.users))]}
		for _, u := range m.users {
			if u != who[0] && pick(4) > 0 {
				who = append(who, u)
			}
		}
		if len(who) == 1 {
			who = append(who, m.other(who[0]))
		}
		s.Statements = append(s.Statements, m.at(script.Converse{Name: name, Who: who}))
	}
	s.Conversations = m.talks
	for range size.Statements {
		s.Statements = append(s.Statements, m.statement(true))
	}
	for _, u := range m.users {
		if m.away[u] {
			s.Statements = append(s.Statements, m.at(script.Online{Who: u}))
		}
	}
	return s
}

func (m *maker) at(a script.Action) script.Statement {
	m.line++
	return script.Statement{Line: m.line, Action: a}
}

func (m *maker) user() string { return m.users[m.pick(len(m.users))] }
func (m *maker) talk() string { return m.talks[m.pick(len(m.talks))] }

// other is anybody else.
func (m *maker) other(than string) string {
	for {
		if u := m.user(); u != than {
			return u
		}
	}
}

// statement makes one; top says that it is not within a Together.
func (m *maker) statement(top bool) script.Statement {
	switch k := m.pick(20); {
	case k < 9:
		m.texts++
		return m.at(script.Say{Who: m.user(), In: m.talk(), Text: fmt.Sprintf("text %d%s", m.texts, padding[:m.pick(len(padding))])})
	case k < 12:
		return m.at(m.change())
	case k == 12:
		return m.at(script.Leave{Who: m.user(), In: m.talk()})
	case k == 13:
		return m.at(script.Release{Who: m.user(), In: m.talk()})
	case k == 14 || k == 15:
		u := m.user()
		if m.away[u] = !m.away[u]; m.away[u] {
			return m.at(script.Offline{Who: u})
		}
		return m.at(script.Online{Who: u})
	case k == 16:
		nodes := append([]string{"router", "mirror1"}, m.users...)
		return m.at(script.Crash{Node: nodes[m.pick(len(nodes))]})
	case !top:
		return m.at(script.Run{Steps: 1 + m.pick(30)})
	case k == 17:
		return m.at(script.Wait{For: uint64(1 + m.pick(100_000))})
	}
	t := script.Together{}
	for range 2 + m.pick(4) {
		t.Body = append(t.Body, m.statement(false))
	}
	return m.at(t)
}

func (m *maker) change() script.Change {
	c := script.Change{Who: m.user(), In: m.talk()}
	for {
		who := m.user()
		switch m.pick(3) {
		case 0:
			c.Add = append(c.Add, who)
		case 1:
			c.Remove = append(c.Remove, who)
		case 2:
			c.Restart = append(c.Restart, who)
		}
		if m.pick(4) > 0 {
			return c
		}
	}
}

// padding lets texts have lengths of several buckets.
var padding = func() string {
	s := make([]byte, 300)
	for i := range s {
		s[i] = '.'
	}
	return string(s)
}()
