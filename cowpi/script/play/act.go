package play

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
)

// do plays one statement.
func (p *player) do(st script.Statement) error {
	switch a := st.Action.(type) {
	case script.Converse:
		return p.begin(a, st.Line)
	case script.Say:
		sid, err := p.sid(a.In)
		if err != nil {
			return err
		}
		if err := p.input(a.Who, cowpi.Send{Sid: sid, Text: []byte(a.Text)}); err != nil {
			return err
		}
		p.said = append(p.said, said{a, st.Line})
		return nil
	case script.Change:
		sid, err := p.sid(a.In)
		if err != nil {
			return err
		}
		return p.input(a.Who, cowpi.Update{Sid: sid, Add: ids(a.Add), Remove: ids(a.Remove), Restart: ids(a.Restart)})
	case script.Leave:
		sid, err := p.sid(a.In)
		if err != nil {
			return err
		}
		return p.input(a.Who, cowpi.Leave{Sid: sid})
	case script.Release:
		sid, err := p.sid(a.In)
		if err != nil {
			return err
		}
		return p.input(a.Who, cowpi.ReleaseTexts{Sid: sid})
	case script.Discard:
		sid, err := p.sid(a.In)
		if err != nil {
			return err
		}
		return p.input(a.Who, cowpi.DiscardTexts{Sid: sid})
	case script.ReplaceStock:
		return p.input(a.Who, cowpi.ReplaceStock{})
	case script.RenewKeys:
		return p.input(a.Who, cowpi.RenewChannels{})
	case script.Offline:
		p.net.SetOffline(a.Who, true)
		return nil
	case script.Online:
		p.net.SetOffline(a.Who, false)
		return nil
	case script.Crash:
		return p.net.Crash(a.Node)
	case script.Backup:
		p.backup = p.net.Backup("router")
		return nil
	case script.Restore:
		return p.net.Restore("router", p.backup)
	case script.Together:
		if !p.all(a.Body, false) {
			return errors.New("there is no way on")
		}
		return nil
	case script.Run:
		return p.net.Run(a.Steps)
	case script.Wait:
		return p.net.Advance(a.For)
	}
	if done, err := p.misbehave(st.Action); done {
		return err
	}
	return p.expect(st.Action)
}

func (p *player) input(who string, in cowpi.Input) error {
	_, err := p.net.Do(who, in)
	return err
}

func (p *player) begin(a script.Converse, line int) error {
	for _, t := range p.talks {
		if t.by == a.Who[0] && !t.known {
			return notAsSaid("%s has not yet begun %s", t.by, t.name)
		}
	}
	p.talks[a.Name] = &talk{name: a.Name, by: a.Who[0], since: lastEvent(p.net.User(a.Who[0])), line: line}
	return p.input(a.Who[0], cowpi.Create{With: ids(a.Who[1:])})
}

// misbehave makes somebody corrupt. done is false for actions of other kinds.
func (p *player) misbehave(a script.Action) (done bool, err error) {
	switch a := a.(type) {
	case script.Fork:
		p.corrupt["router"], p.report.Forked = true, true
		return true, p.net.Fork(a.Who...)
	case script.Tamper:
		who := ids(a.Who)
		f := map[script.Tampering]cowpitest.Tamper{
			script.Alters:    cowpitest.AlterTexts(p.suite, who...),
			script.Drops:     cowpitest.WithholdTexts(p.suite, 1, who...),
			script.Withholds: cowpitest.WithholdTexts(p.suite, 0, who...),
			script.Reorders:  cowpitest.ReorderTexts(p.suite, who...),
		}[a.How]
		if f == nil {
			return true, fmt.Errorf("unknown way to tamper: %q", a.How)
		}
		p.tamper(a.Provider, f)
	case script.Lie:
		other, err := identity.NewSelf(p.suite, identity.ID(a.About), [32]byte{1, 2, 3})
		if err != nil {
			return true, err
		}
		p.tamper(a.Provider, cowpitest.SubstituteKey(identity.ID(a.To), identity.ID(a.About), other.Key))
	case script.Behave:
		p.net.Provider(a.Provider).Corrupt = nil
		p.net.DropLinks(a.Provider)
	case script.SpoilBlock:
		p.corrupt[a.Who] = true
		p.net.SpoilBlock(p.net.User(a.Who), identity.ID(a.For))
	case script.GiveOtherKey:
		p.corrupt[a.Who] = true
		p.net.User(a.Who).GiveOtherKey(identity.ID(a.To))
	case script.Garble:
		p.corrupt[a.Who] = true
		p.net.GarbleText(p.net.User(a.Who))
	case script.Repeat:
		p.corrupt[a.Who] = true
		p.net.User(a.Who).RepeatText()
	default:
		return false, nil
	}
	return true, nil
}

// tamper adds a misdeed to those that a provider does already.
func (p *player) tamper(name string, f cowpitest.Tamper) {
	p.corrupt[name] = true
	node := p.net.Provider(name)
	before := node.Corrupt
	node.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
		if before == nil {
			return f(to, m)
		}
		var out []exchange.Message
		for _, m := range before(to, m) {
			out = append(out, f(to, m)...)
		}
		return out
	}
}

// watchRepeaters lets users who will repeat a text remember what they write.
func (p *player) watchRepeaters(list []script.Statement) {
	for _, st := range list {
		switch a := st.Action.(type) {
		case script.Together:
			p.watchRepeaters(a.Body)
		case script.Repeat:
			if u := p.net.User(a.Who); u.UnsafeText == nil {
				u.RecordTexts()
			}
		}
	}
}
