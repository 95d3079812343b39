package cowpitest

import (
	"fmt"

	"cowpi.example/cowpi/identity"
)

// Narrow makes a user give up on all providers but the first of the set: its machine is
// started again, over its store, with the provider set that these are.
func (n *Net) Narrow(name string, providers int) error {
	u := n.User(name)
	if u == nil || providers < 1 || providers > len(n.Providers) {
		return fmt.Errorf("cowpitest: no user %q, or no %d providers", name, providers)
	}
	u.few = providers
	return n.Crash(name)
}

// uses is how many providers a user works with.
func (n *Net) uses(u *User) int {
	if u.few == 0 {
		return len(n.Providers)
	}
	return u.few
}

// setOf is the provider set that a user works with.
func (n *Net) setOf(u *User) identity.Providers {
	if u.few == 0 {
		return n.Set
	}
	var list []identity.Party
	for i := range u.few {
		list = append(list, n.Set.At(i))
	}
	set, err := identity.UnsafeProviders(n.opt.Suite, list...)
	if err != nil {
		panic(err) // a part of a set is one
	}
	return set
}
