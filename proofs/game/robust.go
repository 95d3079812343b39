package game

import (
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/suite"
)

// tight are limits that an adversary reaches within a trial.
var tight = provider.Limits{InFlight: 12, Waiting: 16, WaitingBytes: 64 << 10, Fetches: 6, Stock: 60, LowStock: 8, Roster: 5}

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
		if n, err := p.Machine.UnsafeLargestRoster(p.Store); err != nil || n > tight.Roster {
			return &Breach{"overfull", fmt.Sprintf("%s has a roster of %d entries: %v", p.Self.ID, n, err)}
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

// Of the uploads of one epoch that somebody made and that had no place in it, SPEC.md,
// 10.5, allows one, and more only behind those that had: slow start.
const (
	vainPerEpoch    = 1
	vainPerAccepted = 32
)

// inVain: by changing rosters others made somebody honest write more in vain than
// SPEC.md allows.
func inVain(c *Challenger) *Breach {
	type stay struct {
		sid   suite.Hash
		epoch uint32
	}
	for _, u := range c.users() {
		now, accepted, shown := map[suite.Hash]uint32{}, map[stay]int{}, map[stay]int{}
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Shown:
				if b.Author == u.Self.ID {
					shown[stay{b.Sid, b.Epoch}]++
				}
			case cowpi.Acked:
				if b.Participant == u.Self.ID {
					accepted[stay{b.Sid, now[b.Sid]}]++
				}
			case cowpi.RosterChanged:
				epoch, is := now[b.Sid]
				over := stay{b.Sid, epoch}
				now[b.Sid] = b.Epoch
				if vain := c.textsIn(u, b.Sid, epoch) - shown[over]; is && vain > vainPerEpoch+vainPerAccepted*accepted[over] {
					return &Breach{"in-vain", fmt.Sprintf("%s made %d uploads in vain in epoch %d, and %d of its were accepted there",
						u.Self.ID, vain, epoch, accepted[over])}
				}
			}
		}
	}
	return nil
}

// textsIn counts the uploads of texts that somebody made in an epoch.
func (c *Challenger) textsIn(u *cowpitest.User, sid suite.Hash, epoch uint32) (n int) {
	for _, w := range c.uploads[place{u.Self.ID, sid}] {
		if w.epoch == epoch {
			n++
		}
	}
	return n
}
