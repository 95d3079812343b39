package game

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
)

// tight are limits that an adversary reaches within a trial.
var tight = provider.Limits{InFlight: 12, Waiting: 16, WaitingBytes: 64 << 10, Fetches: 6, Stock: 60, LowStock: 8}

// What a participant may hold, by SPEC.md, 10.3 (D7), 6.5 (the longest Handouts, twice),
// and 9.6 (prekeys of an owner). All but the last for each provider.
const (
	mostWaiting      = 512
	mostWaitingInAll = 1 << 15
	mostEntries      = 2 * 4096
	mostPrekeys      = 4096
)

// lost: a text that somebody honest handed over is not where texts are: shown, waiting,
// or handed back; or it is in two of these places.
func lost(c *Challenger) *Breach {
	for _, u := range c.users() {
		at := map[string]int{}
		note := func(sid [32]byte, list []cowpi.Text) {
			for _, t := range list {
				at[string(sid[:])+string(t.Text)]++
			}
		}
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Shown:
				if b.Author == u.Self.ID {
					note(b.Sid, []cowpi.Text{b.Text})
				}
			case cowpi.Ended:
				note(b.Sid, b.Texts)
			case cowpi.Discarded:
				note(b.Sid, b.Texts)
			}
		}
		for _, sid := range u.Conversations() {
			waiting, err := u.Machine.Outbox(u.Store, sid)
			if err != nil {
				return &Breach{"failed", err.Error()}
			}
			note(sid, waiting)
			for _, text := range c.texts[place{u.Self.ID, sid}] {
				if n := at[string(sid[:])+text]; n != 1 {
					return &Breach{"lost", fmt.Sprintf("%q, which %s handed over, is in %d places", text, u.Self.ID, n)}
				}
			}
		}
	}
	return nil
}

// overfull: somebody honest holds more for others than SPEC.md allows.
func overfull(c *Challenger) *Breach {
	n := c.Setting.Providers
	for _, u := range c.users() {
		h, err := u.Machine.UnsafeHolds(u.Store)
		if err != nil {
			return &Breach{"failed", err.Error()}
		}
		if h.Most > mostWaiting || h.Deliveries > n*mostWaitingInAll || h.Entries > n*mostEntries || h.Stock > mostPrekeys {
			return &Breach{"overfull", fmt.Sprintf("%s holds too much: %+v", u.Self.ID, h)}
		}
	}
	for _, p := range c.net.Providers {
		if !c.upright(p.Self.ID) {
			continue
		}
		for _, u := range c.net.Users {
			h, err := p.Machine.UnsafeHolds(p.Store, u.Self.ID)
			if err != nil {
				return &Breach{"failed", err.Error()}
			}
			if h.Most > tight.InFlight || h.Waiting > tight.Waiting || h.Bytes > tight.WaitingBytes || h.Fetches > tight.Fetches || h.Stock > tight.Stock {
				return &Breach{"overfull", fmt.Sprintf("%s holds too much for %s: %+v", p.Self.ID, u.Self.ID, h)}
			}
		}
	}
	return nil
}

// accused: where one provider is honest, somebody honest stopped and blamed somebody
// honest by name. (Where none is, a block that is bad may be the providers' work.)
func accused(c *Challenger) *Breach {
	if c.Setting.Honest == None {
		return nil
	}
	for _, u := range c.users() {
		for _, e := range u.Events {
			b, ok := e.Body.(cowpi.Ended)
			if !ok {
				continue
			}
			var ev *fault.Evidence
			if errors.As(b.Err, &ev) && c.blames(ev.Who) {
				return &Breach{"accused", fmt.Sprintf("%s stopped, and blames honest %s: %v", u.Self.ID, ev.Who.ID, b.Err)}
			}
		}
	}
	return nil
}

func (c *Challenger) blames(who fault.Party) bool {
	return (who.Role == fault.RoleAuthor || who.Role == fault.RoleProvider || who.Role == fault.RoleUser) && who.ID != "" && c.upright(identity.ID(who.ID))
}
