package game

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/provider"
)

// seen says how many events everybody had when a trial began.
func (c *Challenger) seen() (out []int) {
	for _, u := range c.net.Users {
		out = append(out, len(u.Events))
	}
	for _, p := range c.net.Providers {
		out = append(out, len(p.Events))
	}
	return out
}

// noticed lists the checks by which the honest noticed that something was wrong, since
// they had seen so much.
func (c *Challenger) noticed(seen []int) (out []fault.Check) {
	since := func() (n int) {
		if len(seen) > 0 {
			n, seen = seen[0], seen[1:]
		}
		return n
	}
	note := func(err error) {
		if k := fault.CheckOf(err); k != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	for _, err := range c.broken {
		note(err)
	}
	users := len(seen) - len(c.net.Providers) // some may have come since
	for i, u := range c.net.Users {
		from := 0
		if i < users {
			from = since()
		}
		for _, e := range u.Events[from:] {
			if !c.honest(u.Self.ID) {
				break
			}
			switch b := e.Body.(type) {
			case cowpi.Ended:
				note(b.Err)
			case cowpi.ProviderFault:
				note(b.Err)
			case cowpi.OperationFailed:
				note(b.Err)
			case cowpi.KeyChanged:
				note(&fault.Evidence{Check: fault.T1})
			case cowpi.Unreadable:
				note(&fault.Evidence{Check: fault.C2})
			case cowpi.Repeated:
				note(&fault.Evidence{Check: fault.C3})
			}
		}
	}
	for _, p := range c.net.Providers {
		from := since()
		for _, e := range p.Events[from:] {
			if c.corrupt[string(p.Self.ID)] {
				break
			}
			switch b := e.(type) {
			case provider.Fault:
				note(b.Err)
			case provider.Refused:
				note(b.Err)
			}
		}
	}
	slices.Sort(out)
	return out
}
