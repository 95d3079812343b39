package game

import (
	"fmt"
	"slices"
	"strings"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// talk is what is said on channels, and what is heard there and believed to be from
// somebody: by users, by providers, and between these.
type talk struct {
	said      map[way][]string // and not heard yet
	strange   []strange
	heard     []heard
	delivered map[given]identity.ID // what providers gave to users, and one who did
	rosters   map[suite.Hash]*conversation.Roster
	authored  map[authored]bool
	earlier   map[authored]bool // before the trial began
}

// way is from whom to whom.
type way struct{ from, to identity.ID }

// strange is what one heard of another that the other had not said.
type strange struct {
	way
	what string
}

// given is a data block with somebody's block, or with none.
type given struct{ data, block string }

// authored is what a user uploaded.
type authored struct {
	by identity.ID
	given
}

func newTalk() *talk {
	return &talk{said: map[way][]string{}, delivered: map[given]identity.ID{}, rosters: map[suite.Hash]*conversation.Roster{},
		authored: map[authored]bool{}}
}

// later is the talk of a trial that begins where t stands. Nothing is on the wires then.
func (t *talk) later() *talk {
	u := newTalk()
	u.rosters, u.earlier = t.rosters, t.authored
	return u
}

// listen notes what somebody says and hears.
func (c *Challenger) listen(self identity.ID) func(identity.ID, channel.Word) {
	return func(peer identity.ID, w channel.Word) {
		word := string(w.Payload)
		if w.Payload == nil {
			word = fmt.Sprintf("channel %x", w.Session)
		}
		if !w.Said {
			c.talk.hear(way{peer, self}, word)
			if w.Payload != nil {
				c.talk.heard = append(c.talk.heard, heard{way{peer, self}, w.Payload, c.ears.frame, c.events(self)})
			}
			return
		}
		c.talk.said[way{self, peer}] = append(c.talk.said[way{self, peer}], word)
		c.talk.note(c.net.Suite(), self, w.Payload)
	}
}

// events counts what a user was shown up to now.
func (c *Challenger) events(who identity.ID) int {
	if u := c.net.User(string(who)); u != nil {
		return len(u.Events)
	}
	return 0
}

// hear wants what is heard to have been said, in this order, and once.
func (t *talk) hear(w way, word string) {
	at := slices.Index(t.said[w], word)
	if at < 0 {
		t.strange = append(t.strange, strange{w, fmt.Sprintf("%.40q", word)})
		return
	}
	t.said[w] = t.said[w][at+1:]
}

// note keeps the data blocks of uploads and deliveries.
func (t *talk) note(s suite.Suite, self identity.ID, payload []byte) {
	m, err := exchange.Parse(s, payload)
	if err != nil {
		return
	}
	switch m := m.(type) {
	case exchange.Upload:
		t.authored[authored{self, given{string(m.Data), ""}}] = true
		for _, b := range m.Blocks {
			t.authored[authored{self, given{string(m.Data), string(b)}}] = true
		}
	case exchange.Delivery:
		t.delivered[given{string(m.Data), string(m.Block)}] = self
	}
}

// mistaken: on a channel, somebody honest heard of somebody honest what that one did
// not say to it, or not then, or twice: it takes an intruder for a user or a provider.
// A channel itself counts as said.
func mistaken(c *Challenger) *Breach {
	for _, x := range c.talk.strange {
		if c.speaks(x.from) && c.upright(x.to) {
			return &Breach{"mistaken", fmt.Sprintf("%s heard %s of %s, which had not said it to %s", x.to, x.what, x.from, x.to)}
		}
	}
	return nil
}

// unauthored: a provider that is honest gave to users, as an honest user's, a data
// block, or a block with it, that this user did not upload.
func unauthored(c *Challenger) *Breach {
	var list []given
	parsed := map[string]*conversation.DataBlock{}
	rosters := map[suite.Hash]*conversation.Roster{}
	for g, by := range c.talk.delivered {
		if !c.upright(by) {
			continue
		}
		d, err := conversation.Parse(c.net.Suite(), []byte(g.data))
		if err != nil {
			continue
		}
		list, parsed[g.data] = append(list, g), d
		if d.Roster != nil {
			rosters[d.Roster.Digest()] = d.Roster
		}
	}
	slices.SortFunc(list, func(a, b given) int { return strings.Compare(a.data+a.block, b.data+b.block) })
	for _, g := range list {
		d := parsed[g.data]
		before := c.talk.rosters[d.RosterDigest]
		if r := rosters[d.RosterDigest]; r != nil {
			before = r
		}
		author := d.AuthorID
		if author == "" {
			if before == nil || int(d.Author) >= before.Len() {
				continue
			}
			author = before.At(int(d.Author)).ID
		}
		if c.net.User(string(author)) != nil && c.speaks(author) && !c.made(author, g) {
			return &Breach{"unauthored", fmt.Sprintf("%s took a %s for %s's, who did not upload it so", c.talk.delivered[g], d.Type, author)}
		}
	}
	return nil
}

// upright says whether a user or a provider is honest.
func (c *Challenger) upright(id identity.ID) bool {
	return !c.corrupt[string(id)] && (c.net.User(string(id)) != nil || c.net.Provider(string(id)) != nil)
}

// speaks says whether what is said in somebody's name should be its own: it is honest,
// and nobody else has its secret.
func (c *Challenger) speaks(id identity.ID) bool { return c.upright(id) && !c.revealed[id] }
