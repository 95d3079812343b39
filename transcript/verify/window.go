package verify

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// acked takes an acknowledgement that has arrived, and drops what everybody has.
func (v *verifier) acked(c *conn, m exchange.Ack) {
	t := v.talks[m.Sid]
	if t == nil {
		return // of a conversation that nothing was delivered of: it changes nothing
	}
	if t.acks[c.client] == nil {
		t.acks[c.client] = map[int]uint64{}
	}
	if m.Index < t.high && m.Index >= t.acks[c.client][c.place] {
		t.acks[c.client][c.place] = m.Index + 1
	}
	for t.low < t.high && t.everybodyHas(t.low, v.set.Len()) {
		v.settle(t)
	}
}

// everybodyHas says whether all who are due an index have acknowledged it to all
// providers.
func (t *talk) everybodyHas(index uint64, providers int) bool {
	known := false
	for _, x := range t.versions[index] {
		if !x.ok {
			continue
		}
		known = true
		for _, id := range x.recipients {
			if !t.hasAcked(id, index, providers) {
				return false
			}
		}
		if !t.hasAcked(x.author, index, providers) {
			return false
		}
	}
	return known
}

func (t *talk) hasAcked(id identity.ID, index uint64, providers int) bool {
	for p := range providers {
		if t.acks[id][p] <= index {
			return false
		}
	}
	return true
}

// settle judges an index as a whole, and drops it.
func (v *verifier) settle(t *talk) {
	list := t.versions[t.low]
	v.agree(t, list)
	passed := false
	for _, x := range list {
		passed = passed || x.ok
		switch {
		case x.waits && t.known(x.index):
			v.needs(DigestChain, false, x.where, "it continues nothing that was delivered: h before it is another")
		case x.waits:
			v.cannot(DigestChain, x.where, "the index before was delivered to nobody")
		}
	}
	for _, x := range list {
		if x.ok {
			t.forget(x)
		}
	}
	delete(t.versions, t.low)
	for _, of := range t.commits {
		delete(of, t.low)
	}
	t.low++
	t.passed = passed
	for _, x := range t.versions[t.low] {
		x.parent = nil // else all that ever was would hang on it
	}
	t.dropBranches()
}

// dropBranches forgets branches that ended before the window, but for the longest,
// and rosters that nothing needs.
func (t *talk) dropBranches() {
	longest := uint64(0)
	for _, b := range t.branches {
		longest = max(longest, b.state.Next)
	}
	t.branches = slices.DeleteFunc(t.branches, func(b *branch) bool { return b.state.Next < min(t.low, longest) })
	if len(t.rosters) <= len(t.branches) {
		return
	}
	needed := map[suite.Hash]bool{}
	for _, b := range t.branches {
		needed[b.state.Roster.Digest()] = true
	}
	for _, list := range t.versions {
		for _, x := range list {
			if x.pre.Roster != nil {
				needed[x.pre.Roster.Digest()] = true
			}
		}
	}
	for h := range t.rosters {
		if !needed[h] {
			delete(t.rosters, h)
		}
	}
}

// agree judges whether all providers said the same of an index. After a fork all
// that follows differs; that is told where the pasts are still the same.
func (v *verifier) agree(t *talk, list []*version) {
	told := false
	for i, x := range list {
		same := []*version{x}
		for _, o := range list[i+1:] {
			if o.before == x.before {
				same = append(same, o)
			}
		}
		if len(same) == 1 || slices.ContainsFunc(list[:i], func(o *version) bool { return o.before == x.before }) {
			continue
		}
		told = true
		v.fail(ProvidersAgree, v.minority(t, same), "%s", sayVersions(same))
	}
	if !told && len(list) == 1 {
		v.ok(ProvidersAgree)
	}
}

// minority is who is named: the provider whose version the fewest others deliver.
// That is not to say that the others are right.
func (v *verifier) minority(t *talk, list []*version) Subject {
	s := at(t.sid, list[0].index)
	fewest := slices.MinFunc(list, func(a, b *version) int { return len(a.first) - len(b.first) })
	for _, p := range sortedKeys(fewest.first) {
		if s.Provider == "" {
			s.Provider, s.Participant = p, fewest.first[p]
		}
	}
	return s
}

func sayVersions(list []*version) string {
	var parts []string
	for _, x := range list {
		var who []string
		for _, p := range sortedKeys(x.first) {
			who = append(who, fmt.Sprintf("%s (to %s first)", p, x.first[p]))
		}
		what := "what does not parse"
		if x.d != nil {
			what = fmt.Sprintf("a %s", x.d.Type)
		}
		parts = append(parts, fmt.Sprintf("%s delivered %s with hash %x", strings.Join(who, ", "), what, x.data[:4]))
	}
	return strings.Join(parts, "; ")
}
