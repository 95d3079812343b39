package cowpitest

// Moment is a place within a step at which a node may crash.
type Moment int

// The moments. What the node put on its wires before it crashed may still arrive.
const (
	BeforeCommit Moment = iota // the result of the step is lost, and its input
	AfterCommit                // records and events are stored, nothing is done yet
	AfterEffects               // everything is done; what is volatile is lost
)

func (m Moment) String() string {
	return [...]string{"before the commit", "after the commit", "after the effects"}[m]
}

// Careless is what an environment may do wrong. The tests use it to show that
// they would notice.
type Careless int

// The ways to be careless.
const (
	Careful      Careless = iota
	EffectsFirst          // effects before the commit
	EventsApart           // events stored after the records, not with them
)

// CrashPoint is where a node crashes: at its step with this number, from 1.
type CrashPoint struct {
	Node string
	Step int
	At   Moment
}

// crashPlan says where nodes are to crash.
type crashPlan struct {
	next     []CrashPoint // the first is planned; the steps of the others count from the crash before
	fired    int
	lost     map[CrashPoint]bool // steps that were lost
	careless Careless
}

// CrashAt plans crashes. The steps of the first count from the beginning, those of
// each other from the crash before it. Fired says how many have happened.
func (n *Net) CrashAt(points ...CrashPoint) {
	n.plan.next, n.plan.fired, n.plan.lost = points, 0, map[CrashPoint]bool{}
}

// BeCareless lets the environment of every node make a mistake from now on.
func (n *Net) BeCareless(c Careless) { n.plan.careless = c }

// Fired says how many of the planned crashes have happened.
func (n *Net) Fired() int { return n.plan.fired }

// Lost says whether the step of a node with this number was lost in a crash.
func (n *Net) Lost(node string, step int) bool {
	return n.plan.lost[CrashPoint{node, step, BeforeCommit}]
}

// Steps is how many steps a node has made.
func (n *Net) Steps(node string) int {
	switch u, p := n.node(node); {
	case p != nil:
		return p.Effort.Steps
	case u != nil:
		return u.Effort.Steps
	}
	return 0
}

// aftermath is what is left to do when a machine has made a step.
type aftermath struct{ commit, events, effects func() }

// complete finishes a step as an environment should: records and events in one
// transaction, then the effects; unless the node crashes in between.
func (n *Net) complete(node string, step int, a aftermath) error {
	crash := func(m Moment) bool { return n.crashes(CrashPoint{node, step, m}) }
	if n.plan.careless == EffectsFirst {
		a.effects()
	}
	if crash(BeforeCommit) {
		return n.crashLeaving(node)
	}
	a.commit()
	if n.plan.careless != EventsApart {
		a.events()
	}
	if crash(AfterCommit) {
		return n.crashLeaving(node)
	}
	if n.plan.careless == EventsApart {
		a.events()
	}
	if n.plan.careless != EffectsFirst {
		a.effects()
	}
	if crash(AfterEffects) {
		return n.crashLeaving(node)
	}
	return nil
}

// crashes says whether a crash is planned just here, and plans the next one.
func (n *Net) crashes(here CrashPoint) bool {
	p := &n.plan
	if len(p.next) == 0 || p.next[0] != here {
		return false
	}
	p.next = p.next[1:]
	p.fired++
	if here.At == BeforeCommit {
		p.lost[here] = true
	}
	if len(p.next) > 0 {
		next := p.next[0]
		next.Step += n.Steps(next.Node)
		p.next = append([]CrashPoint{next}, p.next[1:]...)
	}
	return true
}

// crashLeaving is Crash, but what the node has sent is still on its way.
func (n *Net) crashLeaving(node string) error {
	type sent struct {
		w        *wire
		messages [][]byte
	}
	var left []sent
	for _, w := range n.wires {
		switch {
		case w.dead:
		case w.a == node:
			left = append(left, sent{w, w.toB})
		case w.b == node:
			left = append(left, sent{w, w.toA})
		}
	}
	n.leaving = true
	err := n.Crash(node)
	n.leaving = false
	for _, s := range left {
		if s.w.a == node {
			s.w.toB = s.messages
		} else {
			s.w.toA = s.messages
		}
		n.gone(s.w)
	}
	return err
}
