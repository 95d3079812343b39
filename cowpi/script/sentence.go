package script

import (
	"fmt"
	"slices"
)

// sentence reads a line that begins with the one who does something.
func (p *parser) sentence() error {
	who := p.toks[0]
	if who.mark {
		return fmt.Errorf("a line cannot begin with %s", who)
	}
	p.toks = p.toks[1:]
	verb, err := p.take("what " + who.text + " does")
	if err != nil {
		return err
	}
	if p.users[who.text] {
		return p.userDoes(who.text, verb)
	}
	if _, ok := providerIndex(who.text); !ok {
		return fmt.Errorf("there is no user %s", who)
	}
	name, err := p.provider(who)
	if err != nil {
		return err
	}
	return p.providerDoes(name, verb)
}

func (p *parser) userDoes(who string, verb token) error {
	switch {
	case verb.is("adds"), verb.is("removes"), verb.is("restarts"):
		return p.change(who, verb)
	case verb.is("leaves"):
		in, err := p.in()
		if err != nil {
			return err
		}
		return p.add(Leave{who, in})
	case verb.is("releases"), verb.is("discards"):
		if err := p.want("texts"); err != nil {
			return err
		}
		in, err := p.in()
		if err != nil {
			return err
		}
		if verb.is("releases") {
			return p.add(Release{who, in})
		}
		return p.add(Discard{who, in})
	case verb.is("replaces") && p.accept("the", "stock"):
		return p.add(ReplaceStock{who})
	case verb.is("renews") && p.accept("the", "keys"):
		return p.add(RenewKeys{who})
	case verb.is("goes") && p.accept("offline"):
		return p.add(Offline{who})
	case verb.is("comes") && p.accept("back"):
		return p.add(Online{who})
	case verb.is("crashes"):
		return p.add(Crash{who})
	case verb.is("spoils") && p.accept("the", "block", "for"):
		other, err := p.user()
		if err != nil {
			return err
		}
		return p.add(SpoilBlock{who, other})
	case verb.is("gives"):
		other, err := p.user()
		if err != nil {
			return err
		}
		if err := p.want("another", "key"); err != nil {
			return err
		}
		return p.add(GiveOtherKey{who, other})
	case verb.is("garbles") && p.accept("the", "text"):
		return p.add(Garble{who})
	case verb.is("repeats") && p.accept("the", "text"):
		return p.add(Repeat{who})
	}
	return fmt.Errorf("a user cannot do this: %s", verb)
}

// change reads "adds A B, removes C, restarts D in X" after its first verb.
func (p *parser) change(who string, verb token) error {
	c := Change{Who: who}
	for {
		list, one := &c.Add, p.newUser
		switch {
		case verb.is("adds"):
		case verb.is("removes"):
			list, one = &c.Remove, p.user
		case verb.is("restarts"):
			list, one = &c.Restart, p.user
		default:
			return fmt.Errorf("adds, removes or restarts, not %s", verb)
		}
		names, err := p.names(one)
		if err != nil {
			return err
		}
		*list = append(*list, names...)
		if !p.accept(",") {
			break
		}
		if verb, err = p.take("what else " + who + " does"); err != nil {
			return err
		}
	}
	all := slices.Concat(c.Add, c.Remove, c.Restart)
	slices.Sort(all)
	if len(slices.Compact(all)) < len(c.Add)+len(c.Remove)+len(c.Restart) {
		return fmt.Errorf("somebody stands there twice")
	}
	var err error
	if c.In, err = p.in(); err != nil {
		return err
	}
	return p.add(c)
}

func (p *parser) providerDoes(name string, verb token) error {
	switch {
	case verb.is("crashes"):
		return p.add(Crash{name})
	case verb.is("makes") && p.accept("a", "backup"):
		if name != "router" {
			return fmt.Errorf("only the router can come back from a backup: a mirror that forgot something is not served")
		}
		p.saved = true
		return p.add(Backup{})
	case verb.is("is") && p.accept("restored"):
		if name != "router" || !p.saved {
			return fmt.Errorf("%s has no backup", name)
		}
		return p.add(Restore{})
	case verb.is("behaves"):
		return p.add(Behave{name})
	case verb.is("forks"):
		if name != "router" {
			return fmt.Errorf("only the router can fork")
		}
		who, err := p.names(p.user)
		if err != nil {
			return err
		}
		return p.add(Fork{who})
	case verb.is("alters"), verb.is("drops"), verb.is("reorders"), verb.is("withholds"):
		if err := p.want("texts", "to"); err != nil {
			return err
		}
		who, err := p.names(p.user)
		if err != nil {
			return err
		}
		return p.add(Tamper{name, Tampering(verb.text), who})
	case verb.is("lies") && p.accept("to"):
		to, err := p.user()
		if err != nil {
			return err
		}
		if err := p.want("about"); err != nil {
			return err
		}
		about, err := p.newUser()
		if err != nil {
			return err
		}
		return p.add(Lie{name, to, about})
	}
	return fmt.Errorf("a provider cannot do this: %s", verb)
}
