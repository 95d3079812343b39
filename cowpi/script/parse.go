package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/identity"
)

// Parse reads a script. The error is an *Error.
func Parse(text string) (Script, error) {
	if len(text) > MaxSize {
		return Script{}, &Error{1, fmt.Sprintf("the script has more than %d bytes", MaxSize)}
	}
	p := parser{users: map[string]bool{}, talks: map[string]bool{}}
	for line := range strings.SplitSeq(text, "\n") {
		p.line++
		if err := p.parseLine(strings.TrimSuffix(line, "\r")); err != nil {
			return Script{}, &Error{p.line, err.Error()}
		}
	}
	if p.open != nil {
		return Script{}, &Error{p.opened, "together has no end"}
	}
	if p.Providers == 0 {
		p.Providers = DefaultProviders
	}
	return p.Script, nil
}

// parser is a parse under way.
type parser struct {
	Script
	line   int
	count  int
	users  map[string]bool
	talks  map[string]bool // conversations
	open   *Together
	opened int  // the line of open
	saved  bool // the router has a backup
	toks   []token
}

// reserved words begin statements; as names they are quoted.
var reserved = [...]string{"in", "providers", "stock", "users", "conversation", "together", "end", "run", "wait", "expect", "same", "forked"}

func (p *parser) parseLine(line string) error {
	if !utf8.ValidString(line) {
		return fmt.Errorf("not UTF-8")
	}
	if who, in, text, ok := saying(line); ok {
		return p.say(who, in, text)
	}
	var err error
	if p.toks, err = tokens(line); err != nil || len(p.toks) == 0 {
		return err
	}
	first := p.toks[0]
	if first.quoted || first.mark || !slices.Contains(reserved[:], first.text) {
		return p.sentence()
	}
	p.toks = p.toks[1:]
	switch first.text {
	case "providers":
		return p.providers()
	case "stock":
		return p.stock()
	case "users":
		return p.declare()
	case "conversation":
		return p.conversation()
	case "together":
		return p.together()
	case "end":
		return p.end()
	case "run":
		return p.run()
	case "wait":
		return p.wait()
	case "expect":
		return p.expect()
	}
	return fmt.Errorf("a line cannot begin with %s", first)
}

// add appends a statement.
func (p *parser) add(a Action) error {
	if len(p.toks) > 0 {
		return fmt.Errorf("what does %s mean here?", p.toks[0])
	}
	if p.count++; p.count > MaxStatements {
		return fmt.Errorf("more than %d statements", MaxStatements)
	}
	st := Statement{p.line, a}
	if p.open != nil {
		p.open.Body = append(p.open.Body, st)
	} else {
		p.Statements = append(p.Statements, st)
	}
	return nil
}

// take takes the next token; what names it for the error if there is none.
func (p *parser) take(what string) (token, error) {
	if len(p.toks) == 0 {
		return token{}, fmt.Errorf("%s is missing", what)
	}
	t := p.toks[0]
	p.toks = p.toks[1:]
	if t.mark {
		return t, fmt.Errorf("%s is missing before %s", what, t)
	}
	return t, nil
}

// accept takes these words if they come next.
func (p *parser) accept(words ...string) bool {
	if len(p.toks) < len(words) {
		return false
	}
	for i, w := range words {
		if !p.toks[i].is(w) {
			return false
		}
	}
	p.toks = p.toks[len(words):]
	return true
}

func (p *parser) want(words ...string) error {
	for _, w := range words {
		if !p.accept(w) {
			return fmt.Errorf("%q is missing", w)
		}
	}
	return nil
}

// user takes the name of a known user.
func (p *parser) user() (string, error) {
	t, err := p.take("a user")
	if err != nil {
		return "", err
	}
	if !p.users[t.text] {
		return "", fmt.Errorf("there is no user %s", t)
	}
	return t.text, nil
}

// names takes names up to the end, a mark, or the word in.
func (p *parser) names(one func() (string, error)) ([]string, error) {
	var out []string
	for len(out) == 0 || len(p.toks) > 0 && !p.toks[0].mark && !p.toks[0].is("in") {
		name, err := one()
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, name) {
			return nil, fmt.Errorf("%q stands there twice", name)
		}
		out = append(out, name)
	}
	return out, nil
}

// newUser takes the name of a user who may be new.
func (p *parser) newUser() (string, error) {
	t, err := p.take("a user")
	if err != nil {
		return "", err
	}
	if p.users[t.text] {
		return t.text, nil
	}
	if !identity.ID(t.text).Valid() {
		return "", fmt.Errorf("%s cannot be a name: 1 to 64 bytes of UTF-8, without zeros", t)
	}
	if _, node := providerIndex(strings.TrimSuffix(t.text, "*")); node {
		return "", fmt.Errorf("%s is a name of providers", t)
	}
	if len(p.Users) >= MaxUsers {
		return "", fmt.Errorf("more than %d users", MaxUsers)
	}
	p.users[t.text] = true
	p.Users = append(p.Users, t.text)
	return t.text, nil
}

// in takes "in NAME" if it comes next. Left out, it is the only conversation.
func (p *parser) in() (string, error) {
	if !p.accept("in") {
		switch len(p.Conversations) {
		case 0:
			return "", fmt.Errorf("no conversation has begun")
		case 1:
			return p.Conversations[0], nil
		}
		return "", fmt.Errorf("in which conversation? say: in %s", quoteName(p.Conversations[0]))
	}
	t, err := p.take("a conversation")
	if err != nil {
		return "", err
	}
	if !p.talks[t.text] {
		return "", fmt.Errorf("there is no conversation %s", t)
	}
	return t.text, nil
}

// providerIndex is the place that a name gives a provider.
func providerIndex(name string) (int, bool) {
	if name == "router" {
		return 0, true
	}
	digits, ok := strings.CutPrefix(name, "mirror")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && strconv.Itoa(n) == digits
}

// provider says whether a token names a provider of this script.
func (p *parser) provider(t token) (string, error) {
	n := p.Providers
	if n == 0 {
		n = DefaultProviders
	}
	if i, ok := providerIndex(t.text); !ok || i >= n {
		return "", fmt.Errorf("there is no provider %s: router, and mirror1 to mirror%d", t, n-1)
	}
	return t.text, nil
}

func (p *parser) say(who, in token, text string) error {
	p.toks = []token{who}
	user, err := p.user()
	if err != nil {
		return err
	}
	p.toks = nil
	if in != (token{}) {
		p.toks = []token{{text: "in"}, in}
	}
	talk, err := p.in()
	if err != nil {
		return err
	}
	if text == "" {
		return fmt.Errorf("nothing is said; an empty text is written \"\"")
	}
	if text[0] == '"' {
		var rest string
		if text, rest, err = unquote(text); err != nil {
			return err
		}
		if rest != "" {
			return fmt.Errorf("there is more after the quoted text")
		}
	}
	if len(text) > content.MaxText {
		return fmt.Errorf("the text has more than %d bytes", content.MaxText)
	}
	return p.add(Say{user, talk, text})
}

func (p *parser) providers() error {
	return p.setting(&p.Providers, "providers are", identity.MaxProviders)
}

func (p *parser) stock() error { return p.setting(&p.Stock, "the stock is", MaxStock) }

// setting reads a number that holds for the whole script.
func (p *parser) setting(n *int, what string, most int) error {
	t, err := p.take("a number")
	if err != nil {
		return err
	}
	v, err := strconv.Atoi(t.text)
	if err != nil || v < 1 || v > most {
		return fmt.Errorf("%s a number from 1 to %d", what, most)
	}
	if *n != 0 || p.count > 0 || p.open != nil {
		return fmt.Errorf("%s said once, before all that happens", what)
	}
	if len(p.toks) > 0 {
		return fmt.Errorf("what does %s mean here?", p.toks[0])
	}
	*n = v
	return nil
}

func (p *parser) declare() error {
	if _, err := p.names(p.newUser); err != nil {
		return err
	}
	if len(p.toks) > 0 {
		return fmt.Errorf("what does %s mean here?", p.toks[0])
	}
	return nil
}

func (p *parser) conversation() error {
	if p.open != nil {
		return fmt.Errorf("a conversation does not begin within together")
	}
	t, err := p.take("the name of the conversation")
	if err != nil {
		return err
	}
	if p.talks[t.text] || t.text == "" {
		return fmt.Errorf("the name %s is taken or empty", t)
	}
	if err := p.want(":"); err != nil {
		return err
	}
	who, err := p.names(p.newUser)
	if err != nil {
		return err
	}
	p.talks[t.text] = true
	p.Conversations = append(p.Conversations, t.text)
	return p.add(Converse{t.text, who})
}

func (p *parser) together() error {
	if p.open != nil {
		return fmt.Errorf("together within together")
	}
	if len(p.toks) > 0 {
		return fmt.Errorf("what does %s mean here?", p.toks[0])
	}
	p.open, p.opened = &Together{}, p.line
	return nil
}

func (p *parser) end() error {
	if p.open == nil {
		return fmt.Errorf("end without together")
	}
	t, line := *p.open, p.line
	p.open, p.line = nil, p.opened
	err := p.add(t)
	p.line = line
	return err
}

func (p *parser) run() error {
	if p.open == nil {
		return fmt.Errorf("run stands within together; elsewhere all settles by itself")
	}
	t, err := p.take("a number")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || n > MaxRun {
		return fmt.Errorf("run: a number from 1 to %d", MaxRun)
	}
	return p.add(Run{n})
}

func (p *parser) wait() error {
	t, err := p.take("a time")
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(t.text)
	if err != nil || d < time.Millisecond || d > MaxWait*time.Millisecond || d%time.Millisecond != 0 {
		return fmt.Errorf("wait: a time such as 500ms, 90s, 2h")
	}
	return p.add(Wait{uint64(d.Milliseconds())})
}
