package script

import (
	"fmt"
	"strconv"
)

// expect reads what is to be seen, after the word.
func (p *parser) expect() error {
	if p.open != nil {
		return fmt.Errorf("within together nothing is settled yet; expect after its end")
	}
	switch {
	case p.accept("same"):
		who, err := p.names(p.user)
		if err != nil {
			return err
		}
		if len(who) < 2 {
			return fmt.Errorf("same as whom?")
		}
		return p.closeIn(func(in string) Action { return Same{in, who} })
	case p.accept("forked"):
		who, err := p.names(p.user)
		if err != nil {
			return err
		}
		if len(who) != 2 {
			return fmt.Errorf("forked: two users")
		}
		return p.closeIn(func(in string) Action { return Forked{in, who[0], who[1]} })
	}
	who, err := p.user()
	if err != nil {
		return err
	}
	verb, err := p.take("what of " + who + " to expect")
	if err != nil {
		return err
	}
	switch {
	case verb.is("does"):
		if err := p.want("not", "see"); err != nil {
			return err
		}
		text, err := p.quotedText()
		if err != nil {
			return err
		}
		return p.closeIn(func(in string) Action { return Sees{who, in, text, -1, true} })
	case verb.is("sees"):
		return p.sees(who)
	case verb.is("knows"):
		return p.knows(who)
	case verb.is("with"):
		others, err := p.names(p.user)
		if err != nil {
			return err
		}
		return p.closeIn(func(in string) Action { return With{who, in, others} })
	case verb.is("alone"):
		return p.closeIn(func(in string) Action { return With{who, in, nil} })
	case verb.is("stopped"):
		return p.stopped(who)
	case verb.is("fails"):
		check, err := p.by()
		if err != nil {
			return err
		}
		return p.add(Fails{who, check})
	case verb.is("accuses"):
		t, err := p.take("a provider")
		if err != nil {
			return err
		}
		name, err := p.provider(t)
		if err != nil {
			return err
		}
		check, err := p.by()
		if err != nil {
			return err
		}
		return p.add(Accuses{who, name, check})
	}
	for _, s := range [...]Standing{Active, Behind, Left, Removed, Outsider} {
		if verb.is(string(s)) {
			return p.closeIn(func(in string) Action { return Is{who, in, s} })
		}
	}
	return fmt.Errorf("nothing can be expected like this: %s", verb)
}

// closeIn reads the end of a statement: in which conversation.
func (p *parser) closeIn(make func(in string) Action) error {
	in, err := p.in()
	if err != nil {
		return err
	}
	return p.add(make(in))
}

func (p *parser) quotedText() (string, error) {
	t, err := p.take("a text in quotes")
	if err != nil {
		return "", err
	}
	if !t.quoted {
		return "", fmt.Errorf("the text stands in quotes: \"%s ...\"", t.text)
	}
	return t.text, nil
}

// at reads "at N" if it comes next; else it is -1.
func (p *parser) at() (int64, error) {
	if !p.accept("at") {
		return -1, nil
	}
	t, err := p.take("an index")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(t.text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("at: an index, not %s", t)
	}
	return int64(n), nil
}

// by reads "by CHECK" if it comes next.
func (p *parser) by() (string, error) {
	if !p.accept("by") {
		return "", nil
	}
	t, err := p.take("a check")
	if err != nil {
		return "", err
	}
	if len(t.text) < 2 || len(t.text) > 4 || t.text[0] < 'A' || t.text[0] > 'Z' {
		return "", fmt.Errorf("by: the number of a check such as D1, not %s", t)
	}
	if _, err := strconv.ParseUint(t.text[1:], 10, 8); err != nil {
		return "", fmt.Errorf("by: the number of a check such as D1, not %s", t)
	}
	return t.text, nil
}

func (p *parser) sees(who string) error {
	for _, m := range [...]Mark{MarkRepeat, MarkUnreadable} {
		if p.accept(string(m)) {
			if err := p.want("from"); err != nil {
				return err
			}
			author, err := p.user()
			if err != nil {
				return err
			}
			return p.closeIn(func(in string) Action { return SeesMark{who, in, author, m} })
		}
	}
	text, err := p.quotedText()
	if err != nil {
		return err
	}
	at, err := p.at()
	if err != nil {
		return err
	}
	return p.closeIn(func(in string) Action { return Sees{who, in, text, at, false} })
}

func (p *parser) knows(who string) error {
	other, err := p.user()
	if err != nil {
		return err
	}
	if p.accept("stopped") {
		return p.closeIn(func(in string) Action { return KnowsStopped{who, in, other} })
	}
	if err := p.want("has"); err != nil {
		return err
	}
	text, err := p.quotedText()
	if err != nil {
		return err
	}
	return p.closeIn(func(in string) Action { return KnowsHas{who, in, other, text} })
}

func (p *parser) stopped(who string) error {
	s := Stopped{Who: who}
	var err error
	if s.Check, err = p.by(); err != nil {
		return err
	}
	if s.At, err = p.at(); err != nil {
		return err
	}
	if p.accept("blaming") {
		t, err := p.take("whom " + who + " blames")
		if err != nil {
			return err
		}
		if s.Blame = t.text; s.Blame == "" {
			return fmt.Errorf("blaming whom?")
		}
	}
	return p.closeIn(func(in string) Action {
		s.In = in
		return s
	})
}
