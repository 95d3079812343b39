package game

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// Factors by which the costs of one action may differ among participants. Of two
// authors of the same action one may have to start a chain where the other goes on
// with one: 1 block and 5 multiplications (SPEC.md, 4 and 7.2) against 1 block, and
// 134 bytes of block against 53.
const (
	WorkFactor = 6
	ByteFactor = 3
)

// ComputationAndTrustEquality is the paper's: nobody has to do more than others, and
// nobody may.
var ComputationAndTrustEquality = &Game{
	Name:     "computation-and-trust-equality",
	Property: "computation and trust equality",
	Section:  "II-C",
	Statement: fmt.Sprintf("In some situation everybody in a conversation does the same, each in a world of its own. The adversary wins if somebody's work (multiplications and blocks) "+
		"is more than %d times that of another, or the bytes sent more than %d times; or if one may do what another may not.", WorkFactor, ByteFactor),
	Powers:   Powers{Providers: true},
	Settings: onCheap(noTrust()),
	prepare:  crowd,
	judge:    func(c *Challenger) *Breach { return c.unequal },
}

// onCheap lists settings on the cheap suite alone: multiplications count, whatever the group.
func onCheap(list []Setting) (out []Setting) {
	for _, s := range list {
		if s.Suite == cowpitest.Cheap && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Crowd are users beside People in the game of equality.
var Crowd = []identity.ID{"frank", "grace", "heidi", "ivan", "judy", "ken", "lena"}

func crowd(c *Challenger) error {
	for _, id := range Crowd {
		u, err := c.net.AddUser(string(id))
		if err != nil {
			return err
		}
		c.watch(u)
	}
	return c.net.Settle()
}

// Action is what everybody does in the game of equality.
type Action int

// The actions.
const (
	Text Action = iota
	AddOne
	RemoveOne
	RestartOne
	RestartOneself
	Begin
)

// Actions lists them.
var Actions = []Action{Text, AddOne, RemoveOne, RestartOne, RestartOneself, Begin}

func (a Action) String() string {
	return [...]string{"a text", "adding somebody", "removing somebody", "restarting somebody", "restarting oneself", "beginning a conversation"}[a]
}

// Cost is what one participant spent on an action, until all was quiet again.
type Cost struct {
	Who   identity.ID
	Work  int // multiplications, and blocks
	Bytes int // sent
	Done  bool
}

// Weigh lets everybody honest in a conversation do the same, each in a copy of the
// world, and returns what it cost each. Whoever is concerned (added, removed,
// restarted) is the same, as far as that is possible.
func (o *Oracles) Weigh(sid suite.Hash, a Action) ([]Cost, error) {
	if o.c.game != ComputationAndTrustEquality {
		return nil, refuse("weigh", "this game is not about costs")
	}
	var members []identity.ID
	for _, u := range o.c.users() {
		if r, in := o.Roster(string(u.Self.ID), sid); in && !u.Offline {
			members = append(members, u.Self.ID)
			if r.Len() < 3 {
				return nil, refuse("weigh", "there must be three to compare")
			}
		}
	}
	var out []Cost
	for _, who := range members {
		cost, err := o.c.weigh(who, members, sid, a)
		if err != nil {
			return nil, err
		}
		out = append(out, cost)
	}
	o.c.compare(a, out)
	return out, nil
}

// weigh lets one do it in a copy of the world.
func (c *Challenger) weigh(who identity.ID, members []identity.ID, sid suite.Hash, a Action) (Cost, error) {
	d, err := c.copied(c.game, c.rand.Uint64())
	if err != nil {
		return Cost{}, refuse("weigh", "%v", err) // a forked network
	}
	d.corrupt = c.corrupt
	u := d.net.User(string(who))
	others := slices.DeleteFunc(slices.Clone(members), func(id identity.ID) bool { return id == who })
	outside := slices.IndexFunc(d.net.Users, func(v *cowpitest.User) bool { return !slices.Contains(members, v.Self.ID) && !v.Offline })
	before, events := u.Effort, len(u.Events)
	var in cowpi.Input
	peers := len(others)
	switch a {
	case Text:
		in = cowpi.Send{Sid: sid, Text: []byte("the same for all")}
	case AddOne:
		if outside < 0 {
			return Cost{Who: who, Done: true, Work: 1, Bytes: 1}, nil
		}
		in = cowpi.Update{Sid: sid, Add: []identity.ID{d.net.Users[outside].Self.ID}}
	case RemoveOne:
		in = cowpi.Update{Sid: sid, Remove: others[:1]}
	case RestartOne:
		in = cowpi.Update{Sid: sid, Restart: others[:1]}
	case RestartOneself:
		in = cowpi.Update{Sid: sid, Restart: []identity.ID{who}}
	case Begin:
		in = cowpi.Create{With: others}
	}
	if _, err := d.net.Do(string(who), in); err != nil {
		return Cost{Who: who}, nil // refused
	}
	// What is refused is said again and again: no more steps than this action can need.
	for range 400 * (1 + peers) {
		more, err := d.net.Step()
		if err == nil && !more {
			before := d.net.Now
			if err = d.net.Tick(20_000); d.net.Now == before && err == nil {
				break
			}
		}
		if f := d.honestly(err); f != nil {
			return Cost{}, f
		}
	}
	cost := Cost{Who: who, Work: u.Effort.Mults - before.Mults + peers, Bytes: u.Effort.Sent - before.Sent}
	for _, e := range u.Events[events:] {
		switch b := e.Body.(type) {
		case cowpi.Shown:
			cost.Done = cost.Done || a == Text && b.Author == who
		case cowpi.RosterChanged:
			cost.Done = cost.Done || a != Text && b.By == who
		}
	}
	return cost, nil
}

// compare looks whether costs are about the same.
func (c *Challenger) compare(a Action, costs []Cost) {
	for _, x := range costs {
		for _, y := range costs {
			var why []string
			if x.Done != y.Done {
				why = append(why, fmt.Sprintf("%s may, %s may not", x.Who, y.Who))
			} else if x.Done && x.Work > WorkFactor*y.Work {
				why = append(why, fmt.Sprintf("the work of %s is %d, that of %s %d", x.Who, x.Work, y.Who, y.Work))
			} else if x.Done && x.Bytes > ByteFactor*y.Bytes {
				why = append(why, fmt.Sprintf("%s sends %d bytes, %s %d", x.Who, x.Bytes, y.Who, y.Bytes))
			}
			if len(why) > 0 && c.unequal == nil {
				c.unequal = &Breach{"unequal", fmt.Sprintf("%v: %s", a, strings.Join(why, "; "))}
			}
		}
	}
}
