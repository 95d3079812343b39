package game

import (
	"errors"
	"fmt"
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
)

// accused: somebody honest blames somebody honest by name, or all providers, none of
// whom is corrupt: for the entry at which it stops (if one provider is honest: where
// none is, a block that is bad may be the providers' work); for what it heard on a connection; or for an upload that it takes
// for a forgery.
func accused(c *Challenger) *Breach {
	for _, u := range c.users() {
		for _, e := range u.Events {
			switch b := e.Body.(type) {
			case cowpi.Ended:
				if c.Setting.Honest != None && c.blames(b.Err) {
					return &Breach{"accused", fmt.Sprintf("%s stopped: %v", u.Self.ID, b.Err)}
				}
			case cowpi.ProviderFault:
				if c.blames(b.Err) && !c.excused(b.Err) {
					return &Breach{"accused", fmt.Sprintf("%s hangs up: %v", u.Self.ID, b.Err)}
				}
			}
		}
	}
	for _, p := range c.net.Providers {
		if !c.upright(p.Self.ID) {
			continue
		}
		for _, e := range p.Events {
			switch b := e.(type) {
			case provider.Fault:
				if c.blames(b.Err) && !c.excused(b.Err) {
					return &Breach{"accused", fmt.Sprintf("%s hangs up: %v", p.Self.ID, b.Err)}
				}
			case provider.Refused:
				if fault.CheckOf(b.Err) == fault.A2 && c.upright(b.User) {
					return &Breach{"accused", fmt.Sprintf("%s takes what %s uploaded for a forgery: %v", p.Self.ID, b.User, b.Err)}
				}
			}
		}
	}
	return nil
}

// blames says whether evidence is against somebody honest, or against providers all of
// whom are.
func (c *Challenger) blames(err error) bool {
	var ev *fault.Evidence
	if !errors.As(err, &ev) {
		return false
	}
	if ev.Who.Role == fault.RoleProviders {
		return !slices.ContainsFunc(c.net.Providers, func(p *cowpitest.Provider) bool { return !c.upright(p.Self.ID) })
	}
	named := []fault.Role{fault.RoleAuthor, fault.RoleProvider, fault.RoleUser}
	return ev.Who.ID != "" && slices.Contains(named, ev.Who.Role) && c.upright(identity.ID(ev.Who.ID))
}

// excused says whether nobody is to blame for what is wrong on a connection: the adversary
// has changed what was on wires, and the check is of the handshake, of frames, or of
// encodings; or somebody has more prekeys than this game lets providers hold.
func (c *Challenger) excused(err error) bool {
	kind := fault.CheckOf(err)
	return kind == fault.R3 || c.rewrote && kind != "" && slices.Contains([]byte("HFW"), kind[0])
}
