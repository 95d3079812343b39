package explore

import "slices"

// ration says how much of what the bounds allow each participant may use. Were the
// bounds shared, whoever uses one would take it from all others: no two moves that
// use them could be told apart from moves that hinder each other. So each way to
// share them out is explored by itself; what all of these reach together is what can
// be reached. A nil ration is the shared one.
type ration struct {
	texts, changes, restarts []int // by participant
	lies, refusals           []int // that it is told; and, of its own uploads, gets
}

// spent is what a node has used of the bounds.
type spent struct{ texts, changes, restarts, lies, refusals int }

func (s spent) plus(o spent) spent {
	return spent{s.texts + o.texts, s.changes + o.changes, s.restarts + o.restarts, s.lies + o.lies, s.refusals + o.refusals}
}

func (s spent) bytes() []byte {
	return []byte{byte(s.texts), byte(s.changes), byte(s.restarts), byte(s.lies), byte(s.refusals)}
}

// rations lists all ways to share out the bounds, the shared one first.
func (b Bounds) rations() (out []*ration) {
	everybody, gullible, authors := make([]int, b.Participants), []int{}, []int{}
	for u := range everybody {
		everybody[u] = u
		if u < b.Participants-b.Corrupt || b.Honest != 0 {
			gullible = append(gullible, u) // told lies; or, corrupt, making uploads aside
		}
	}
	if b.Honest != 0 {
		authors = everybody // or the honest router hears of refusals, on which nobody else depends
	}
	out = append(out, nil)
	for _, texts := range shares(b.Messages, b.Participants, everybody) {
		for _, changes := range shares(b.Changes, b.Participants, everybody) {
			for _, restarts := range shares(b.Restarts, b.Participants, everybody) {
				for _, lies := range shares(b.Substitutions, b.Participants, gullible) {
					for _, refusals := range shares(b.Refusals, b.Participants, authors) {
						out = append(out, &ration{texts, changes, restarts, lies, refusals})
					}
				}
			}
		}
	}
	return out
}

// shares lists the ways to share out so much among these of so many.
func shares(much, many int, who []int) (out [][]int) {
	if much == 0 || len(who) == 0 {
		return [][]int{make([]int, many)}
	}
	for n := much; n >= 0; n-- {
		if len(who) == 1 && n < much {
			break // to the last, all that is left
		}
		for _, rest := range shares(much-n, many, who[1:]) {
			one := slices.Clone(rest)
			one[who[0]] += n
			out = append(out, one)
		}
	}
	return out
}

// left is what a participant may still use of the bounds in a state.
func (e *engine) left(s state, u int) spent {
	b := e.b
	if r := e.rations[s[e.lay.ration]]; r != nil {
		p := e.people.at(s[u]).spent
		return spent{r.texts[u] - p.texts, r.changes[u] - p.changes, r.restarts[u] - p.restarts, r.lies[u] - p.lies, r.refusals[u] - p.refusals}
	}
	var all spent
	for v := range b.Participants {
		all = all.plus(e.people.at(s[v]).spent)
	}
	return spent{b.Messages - all.texts, b.Changes - all.changes, b.Restarts - all.restarts, b.Substitutions - all.lies, b.Refusals - all.refusals}
}
