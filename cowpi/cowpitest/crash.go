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

// crashPlan says where a node is to crash.
type crashPlan struct {
	node     string
	step     int
	at       Moment
	fired    bool
	careless Careless
}

// CrashAt plans one crash: of a node, at its step with this number (from 1), at a
// moment of it. Fired says whether it has happened.
func (n *Net) CrashAt(node string, step int, at Moment) {
	n.plan = crashPlan{node: node, step: step, at: at, careless: n.plan.careless}
}

// BeCareless lets the environment of every node make a mistake from now on.
func (n *Net) BeCareless(c Careless) { n.plan.careless = c }

// Fired says whether the crash that was planned has happened.
func (n *Net) Fired() bool { return n.plan.fired }

// aftermath is what is left to do when a machine has made a step.
type aftermath struct{ commit, events, effects func() }

// complete finishes a step as an environment should: records and events in one
// transaction, then the effects; unless the node crashes in between.
func (n *Net) complete(node string, step int, a aftermath) error {
	crash := func(m Moment) bool {
		p := &n.plan
		if p.fired || p.node != node || p.step != step || p.at != m {
			return false
		}
		p.fired = true
		return true
	}
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
	err := n.Crash(node)
	for _, s := range left {
		if s.w.a == node {
			s.w.toB = s.messages
		} else {
			s.w.toA = s.messages
		}
	}
	return err
}
