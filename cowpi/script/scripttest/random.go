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
	// Corrupt lets participants and providers misbehave too.
	Corrupt bool
}

// maker makes one script.
type maker struct {
	pick  func(n int) int // 0 to n-1
	users []string
	talks []string
	texts int
	line  int
	away  map[string]bool
	saved bool // the router has a backup

	corrupt, forked bool
}

// Random makes a script: people talk, join, leave, are removed and restarted, go
// offline and come back, replace their stock, renew their keys; nodes crash, the
// router comes back from backups; prekeys run out and expire; things happen at once.
// Not all that people try is possible, and UPDATEs that meet are refused. At the end
// everybody is online. Everybody is honest, unless size says otherwise. pick chooses
// among n, and is all the randomness there is.
func Random(pick func(n int) int, size Size) script.Script {
	m := &maker{pick: pick, away: map[string]bool{}, corrupt: size.Corrupt}
	s := script.Script{Providers: 2 + pick(2)}
	if pick(8) == 0 {
		s.Stock = 1 + pick(6)
	}
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
	if pick(4) == 0 {
		s.Statements = append(s.Statements, m.at(m.backup()))
	}
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
	if m.corrupt && m.pick(6) == 0 {
		return m.at(m.misdeed())
	}
	switch k := m.pick(22); {
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
	case k == 20:
		return m.at(m.upkeep())
	case !top:
		return m.at(script.Run{Steps: 1 + m.pick(30)})
	case k == 17:
		return m.at(script.Wait{For: uint64(1 + m.pick(100_000))})
	case k == 18: // until what was fetched expires
		return m.at(script.Wait{For: 31 * 24 * 3600 * 1000})
	}
	t := script.Together{}
	for range 2 + m.pick(4) {
		t.Body = append(t.Body, m.statement(false))
	}
	return m.at(t)
}

// upkeep is what people and operators do now and then.
func (m *maker) upkeep() script.Action {
	switch m.pick(4) {
	case 0:
		return script.ReplaceStock{Who: m.user()}
	case 1:
		return script.RenewKeys{Who: m.user()}
	}
	if m.saved && m.pick(4) > 0 {
		return script.Restore{}
	}
	return m.backup()
}

func (m *maker) backup() script.Action {
	m.saved = true
	return script.Backup{}
}

// misdeed is something that nobody should do.
func (m *maker) misdeed() script.Action {
	provider := []string{"router", "mirror1"}[m.pick(2)]
	who := m.user()
	switch m.pick(8) {
	case 0:
		return script.SpoilBlock{Who: who, For: m.other(who)}
	case 1:
		return script.GiveOtherKey{Who: who, To: m.other(who)}
	case 2:
		return script.Garble{Who: who}
	case 3:
		return script.Repeat{Who: who}
	case 4:
		if !m.forked {
			m.forked = true
			return script.Fork{Who: []string{who}}
		}
	case 5:
		return script.Lie{Provider: provider, To: who, About: m.other(who)}
	case 6:
		return script.Behave{Provider: provider}
	}
	how := []script.Tampering{script.Alters, script.Drops, script.Reorders, script.Withholds}
	return script.Tamper{Provider: provider, How: how[m.pick(len(how))], Who: []string{who}}
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
