package explore

import "fmt"

// kind is what sort of thing may happen next.
type kind int8

const (
	// What an honest participant does.
	hand   kind = iota // it hands over a text; a corrupt one says with which misdeed
	remove             // it asks to remove somebody
	leave              // it asks to leave
	bring              // it asks to restart somebody, or to add somebody who is out
	tick               // time has come to send again what was refused
	hear               // it gets the next message of a provider: of the honest one, or of a corrupt one that says the same
	tell               // it gets an upload as its next index, from a corrupt provider that made this up
	aside              // a corrupt one makes an upload for the adversary alone, and goes on as if it had not
	refuse             // it gets a refusal of its upload from a corrupt router

	// What an honest provider does.
	take    // the honest provider gets the next message of a participant: an upload, or a fetch
	propose // the honest mirror gets a proposal of a corrupt router
	commit  // and a commit
	judge   // the honest router gets the verdicts of corrupt mirrors
)

func (k kind) ofPerson() bool { return k < take }

// Of tell: what is wrong with a delivery besides that the honest provider has not said it.
const (
	fitting = iota
	anotherDigest
	anotherBlock
	inventions
)

// move is one thing that may happen. As the key of an outcome it says all that the
// step of its node depends on, besides the state of that node.
type move struct {
	kind  kind
	who   int8  // the participant
	from  int8  // the provider that says it
	extra int8  // which reason, which lie
	arg   int32 // an input, an upload, a number
}

// moves lists what may happen in a state, in an order that depends on nothing else:
// what each participant does, one behind the other, and what the honest provider does.
func (w *worker) moves(s state) []move {
	e := w.e
	w.list, w.ends = w.list[:0], w.ends[:0]
	var honest *server
	if e.b.Honest >= 0 {
		honest = e.servers.at(s[e.lay.server])
	}
	known := e.sets.at(s[e.lay.known]).list
	for u := range e.b.Participants {
		w.list = w.ofPerson(w.list, s, u, honest, known)
		w.ends = append(w.ends, len(w.list))
	}
	if honest != nil {
		w.list = w.ofServer(w.list, s, honest, known)
		w.ends = append(w.ends, len(w.list))
	}
	return w.list
}

func (w *worker) ofPerson(list []move, s state, u int, honest *server, known []int32) []move {
	e, p, who := w.e, w.e.people.at(s[u]), int8(u)
	if !p.in && !e.returns() {
		return list // nothing that is said to it matters any more
	}
	left := e.left(s, u)
	if honest != nil {
		if q := e.queues.at(s[e.lay.toUser+u]); q.first >= 0 {
			list = append(list, move{kind: hear, who: who, from: int8(e.b.Honest), arg: q.first})
		}
	}
	list = w.lies(list, p, honest, known, left.lies)
	if !p.in {
		return list
	}
	apart := e.corrupt(u) && e.b.Honest != 0 && left.lies > 0
	if left.restarts > 0 {
		for v := range e.b.Participants {
			if p.roster.Len() > 1 || v != u {
				list = append(list, move{kind: bring, who: who, arg: int32(v)})
			}
		}
	}
	if left.texts > 0 {
		list = append(list, move{kind: hand, who: who})
		for n := 1; e.corrupt(u) && n < len(e.deeds); n++ {
			list = append(list, move{kind: hand, who: who, extra: int8(n)})
		}
	}
	if left.changes > 0 {
		for v := range e.b.Participants {
			if v != u {
				list = append(list, move{kind: remove, who: who, arg: int32(v)})
			}
		}
		list = append(list, move{kind: leave, who: who})
	}
	if apart && e.b.Messages > 0 {
		list = append(list, move{kind: aside, who: who, arg: -1})
	}
	for v := 0; apart && e.b.Changes > 0 && v < e.b.Participants; v++ {
		if v != u {
			list = append(list, move{kind: aside, who: who, arg: int32(v)})
		}
	}
	if p.wake {
		list = append(list, move{kind: tick, who: who})
	}
	if e.b.Honest != 0 && left.refusals > 0 {
		for _, x := range known {
			if e.uploads.at(x).author == u {
				for why := range reasons {
					list = append(list, move{kind: refuse, who: who, extra: int8(why), arg: x})
				}
			}
		}
	}
	return list
}

func (w *worker) ofServer(list []move, s state, honest *server, known []int32) []move {
	e := w.e
	for u := 0; e.lay.toServer > 0 && u < e.b.Participants; u++ {
		if q := e.queues.at(s[e.lay.toServer+u]); q.first >= 0 {
			list = append(list, move{kind: take, who: int8(u), arg: q.first})
		}
	}
	if e.b.Honest > 0 {
		for _, x := range known {
			list = append(list, move{kind: propose, arg: x, extra: int8(flag(!e.b.All))})
		}
		if e.b.All {
			list = append(list, move{kind: commit, arg: 1}, move{kind: commit, arg: 0})
		}
	} else if p := honest.proposal; p != nil {
		list = append(list, move{kind: judge, arg: int32(p.count)})
		refusals := e.b.Refusals - honest.refused
		for n := 0; refusals > 0 && n < p.count; n++ {
			for why := range reasons {
				list = append(list, move{kind: judge, extra: int8(why), arg: int32(n)})
			}
		}
	}
	return list
}

// lies adds what corrupt providers may deliver to a participant: as its next index
// what the honest one has said, or anything else that they know; and again, what it
// had before.
//
// They need not speak before the honest one: a delivery that waits for others does
// nothing but keep the participant from writing, which may as well be handed over,
// or refused, later. And corrupt providers are alike, so that the first of those
// that have not spoken speaks. See README.md; with All they speak whenever they can.
func (w *worker) lies(list []move, p *person, honest *server, known []int32, left int) []move {
	e, who := w.e, int8(p.user)
	var said []int32
	var data digest
	if p.next < e.first {
		return list // it is out, and heard nothing yet
	}
	at := int(p.next - e.first)
	if honest != nil {
		if said = honest.said[p.user]; at < len(honest.entries) {
			data = honest.entries[at]
		}
	}
	for q := range int8(e.world.set.Len()) {
		if int(q) == e.b.Honest {
			continue
		}
		if 0 < at && at <= len(said) {
			list = append(list, move{kind: hear, who: who, from: q, arg: said[at-1]})
		}
		if (e.b.All || !p.in) && !p.later[q] && at+1 < len(said) {
			// To one who is out, whose provider has left a gap: it lets go of what is in it.
			list = append(list, move{kind: hear, who: who, from: q, arg: said[at+1]})
		}
	}
	if honest != nil && !p.waiting[e.b.Honest] && !e.b.All {
		return list
	}
	for q := range int8(e.world.set.Len()) {
		if int(q) == e.b.Honest || p.waiting[q] {
			continue
		}
		if at < len(said) {
			list = append(list, move{kind: hear, who: who, from: q, arg: said[at]})
		}
		for _, u := range known {
			for lie := range int8(inventions) {
				if e.corrupt(p.user) || !p.in {
					continue // the one is one with those who lie, the other believes nothing by this
				}
				if left <= 0 && (honest != nil || lie != fitting) {
					continue
				}
				// A lie that is close to the truth is about the entry that was said.
				if about := at < len(said) && e.uploads.at(u).data == data; honest != nil && about == (lie == fitting) {
					continue
				}
				list = append(list, move{kind: tell, who: who, from: q, extra: lie, arg: u})
			}
		}
		if !e.b.All {
			break
		}
	}
	return list
}

// say tells a move for people.
func (e *engine) say(s state, m move) string {
	who, from := e.world.users[m.who].ID, providerName(int(m.from))
	switch m.kind {
	case hand:
		return fmt.Sprintf("%s hands over %q", who, e.textOf(e.people.at(s[m.who]), m))
	case aside:
		what := "a text"
		if m.arg >= 0 {
			what = fmt.Sprintf("the removal of %s", e.world.users[m.arg].ID)
		}
		return fmt.Sprintf("the corrupt %s makes an upload for the adversary alone: %s", who, what)
	case remove:
		return fmt.Sprintf("%s asks to remove %s", who, e.world.users[m.arg].ID)
	case bring:
		return fmt.Sprintf("%s asks to restart or add %s", who, e.world.users[m.arg].ID)
	case leave:
		return fmt.Sprintf("%s asks to leave", who)
	case tick:
		return fmt.Sprintf("%s looks at the clock", who)
	case hear:
		role := "the corrupt "
		if int(m.from) == e.b.Honest {
			role = "the honest "
		}
		return fmt.Sprintf("%s%s tells %s: %s", role, from, who, e.inputs.at(m.arg).name)
	case tell:
		how := [...]string{"", ", with another digest", ", with another block"}[m.extra]
		return fmt.Sprintf("the corrupt %s makes %s believe: index %d, %s%s", from, who, e.people.at(s[m.who]).next, e.uploads.at(m.arg).name, how)
	case refuse:
		return fmt.Sprintf("the corrupt router refuses to %s: %s (%s)", who, e.uploads.at(m.arg).name, reasons[m.extra])
	case take:
		return fmt.Sprintf("the honest %s takes of %s: %s", providerName(e.b.Honest), who, e.inputs.at(m.arg).name)
	case propose:
		also := [...]string{"proposes", "proposes and commits"}[m.extra]
		return fmt.Sprintf("the corrupt router %s: %s", also, e.uploads.at(m.arg).name)
	case commit:
		return fmt.Sprintf("the corrupt router commits %d of what it proposed", m.arg)
	case judge:
		return fmt.Sprintf("the corrupt mirrors accept %d of what is proposed", m.arg)
	}
	return ""
}
