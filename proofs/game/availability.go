package game

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/provider"
)

// Availability is not the paper's, but this project's: nobody from outside stops a
// conversation of honest people with honest providers for good.
var Availability = &Game{
	Name:     "availability",
	Property: "availability (this project's, not the paper's)",
	Section:  "-",
	Statement: "All providers and the participants of a conversation are honest. When the adversary lets go of the network, and everybody has had a minute or two, " +
		"it wins if one of the participants has stopped, if a text that was handed over there still waits, or if two of them have not come equally far; " +
		"or if a change of the roster was refused because others had used up the prekeys that were fetched for it. Providers do what they should, and keep no secret.",
	Excluded: []Exclusion{letGo, onlyOutside, goneByThemselves},
	Powers:   Powers{Overhear: true},
	Settings: append(both(Setting{Providers: 2, Honest: 0}), both(Setting{Providers: 3, Honest: 0})...),
	limits:   tight,
	judge:    first(robbed, unserved),
}

var letGo = Exclusion{"what waits while the adversary cuts, holds and drops", "whoever owns the network can stop everything for as long as it likes",
	"TestAvailabilityIsJudgedWhenTheNetworkIsBack"}

var onlyOutside = Exclusion{"conversations in which somebody corrupt takes part", "a bad block stops whoever it is for (SPEC.md, 1.4)",
	"TestAvailabilityOfMainOnly"}

var goneByThemselves = Exclusion{"prekeys that expired, or that their owner withdrew", "they are gone for everybody (SPEC.md, 6.3 and 6.5)", "TestOnlyPrekeysThatAreGoneAreExcluded"}

// robbed: within the life of the prekeys that a participant of Main had fetched for a
// change of its roster, that was refused, because one of them could not be used any more,
// though its owner did not withdraw it.
func robbed(c *Challenger) *Breach {
	if c.net.Now-c.began >= provider.DefaultLimits().PrekeyLife {
		return nil
	}
	for _, u := range c.users() {
		for _, e := range u.Events {
			if b, ok := e.Body.(cowpi.OperationFailed); ok && b.Sid == c.main && b.Reason == exchange.ReasonPrekey && !c.withdrew[b.User] {
				return &Breach{"robbed", fmt.Sprintf("%s: %s", u.Self.ID, b.Why)}
			}
		}
	}
	return nil
}

// rest brings everybody back, lets people release what waits for them to, and gives
// machines the time that they need.
func (c *Challenger) rest() error {
	for _, u := range c.users() {
		c.net.SetOffline(string(u.Self.ID), false)
	}
	for range 4 {
		if err := c.settle(); err != nil {
			return err
		}
		for _, u := range c.users() {
			var m *fault.Misuse
			if _, err := c.net.Do(string(u.Self.ID), cowpi.ReleaseTexts{Sid: c.main}); err != nil && !errors.As(err, &m) {
				return c.honestly(err)
			}
		}
		if err := c.honestly(c.net.Advance(30_000)); err != nil {
			return err
		}
	}
	return c.settle()
}

// unserved: a participant of Main has stopped, a text of its waits, or it has not come
// as far as another.
func unserved(c *Challenger) *Breach {
	if err := c.rest(); err != nil {
		return &Breach{"failed", err.Error()}
	}
	var first *conversation.Head
	for _, u := range c.users() {
		for _, e := range u.Events {
			if b, ok := e.Body.(cowpi.Ended); ok && b.Sid == c.main && b.Err != nil {
				return &Breach{"stopped", fmt.Sprintf("%s: %v", u.Self.ID, b.Err)}
			}
		}
		h, in := c.net.Head(u, c.main)
		if !in {
			continue
		}
		waiting, err := u.Machine.Outbox(u.Store, c.main)
		if err != nil {
			return &Breach{"failed", err.Error()}
		}
		if len(waiting) > 0 {
			return &Breach{"waits", fmt.Sprintf("%q, which %s handed over, and %d more", waiting[0].Text, u.Self.ID, len(waiting)-1)}
		}
		if first == nil {
			first = &h
		}
		if h != *first {
			return &Breach{"behind", fmt.Sprintf("%s is at index %d, another at %d", u.Self.ID, h.Next, first.Next)}
		}
	}
	return nil
}
