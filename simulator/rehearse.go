package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/script"
	"cowpi.example/cowpi/script/play"
	"cowpi.example/transcript"
)

// rehearsals is how often a forger plays a script to find out where the parts of
// messages belong. Each part that is placed may move others: another Sid, for one,
// puts the conversations into another order.
const rehearsals = 6

// place forges a transcript around real messages. A first rehearsal tells which of
// the forger's own coins end up in the messages that stand where the real ones
// belong; in the next, the parts of the real ones take their place; and so on, until
// the real messages come out as they are.
func (k Public) place(j Job, own []identity.Self) (play.Report, error) {
	var targets []target
	for i := range j.Place {
		t, err := readTarget(k.Suite, &j.Place[i])
		if err != nil {
			return play.Report{}, err
		}
		targets = append(targets, t)
	}
	plans := j.begin
	var last string
	for range rehearsals {
		f := newForging(k.Suite, j.Tape)
		s, err := newPlacing(f, plans, j.Place)
		if err != nil {
			return play.Report{}, err
		}
		s.dim = j.dim
		w := NewWitness(s)
		s.w = w
		m := &transcript.Memory{}
		try := j
		try.Open = To(m)
		report, err := k.play(try, w, f, own, w.Knows)
		if err != nil {
			return report, err
		}
		all := Uploads(w.Suite, m)
		if plans != nil && stand(all, j.Place) {
			return report, give(j, m)
		}
		plans = nil
		for i, t := range targets {
			u, ok := t.take(w, &all, &j.Place[i])
			if last = t.describe(ok); !ok {
				return play.Report{}, fmt.Errorf("%w: %s", errNoWay, last)
			}
			next, err := w.plan(u)
			if err != nil {
				return report, err
			}
			if t.data.Type == conversation.MSG && !bytes.Equal(next.said, t.plain.Text) {
				if j.Script, err = replaceText(j.Script, string(j.Place[i].Author), string(next.said), string(t.plain.Text)); err != nil {
					return report, err
				}
			}
			plans = append(plans, next)
		}
	}
	return play.Report{}, fmt.Errorf("%w: %s", errNoWay, last)
}

var errNoWay = errors.New("simulator: the script does not lead to the message")

// stand says whether every one of these messages is among the uploads.
func stand(all []Upload, states []transcript.MessageState) bool {
	for _, st := range states {
		if !slices.ContainsFunc(all, func(u Upload) bool { return u.Author == st.Author && bytes.Equal(u.Bytes, st.Upload) }) {
			return false
		}
	}
	return true
}

// give writes what was forged to where it was asked for.
func give(j Job, m *transcript.Memory) error {
	sink, err := j.Open(m.Head)
	if err != nil {
		return err
	}
	return transcript.Copy(sink, m.Source())
}

// take takes from the uploads of a run the first that stands where the real one
// belongs: where several do, it is for the next that belongs there.
func (t target) take(w *Witness, all *[]Upload, st *transcript.MessageState) ([]byte, bool) {
	i := slices.IndexFunc(*all, func(u Upload) bool {
		msg, err := exchange.Parse(w.Suite, u.Bytes)
		return u.Author == st.Author && err == nil && t.fits(w, msg.(exchange.Upload))
	})
	if i < 0 {
		return nil, false
	}
	u := (*all)[i].Bytes
	*all = slices.Delete(*all, i, i+1)
	return u, true
}

// fits says whether an upload stands where the real one belongs. The Sid is left
// out: it is one of the things that are placed.
func (t target) fits(w *Witness, u exchange.Upload) bool {
	d, err := conversation.Parse(w.Suite, u.Data)
	if err != nil || d.Type != t.data.Type || len(u.Blocks) != len(t.upload.Blocks) {
		return false
	}
	if d.Type == conversation.SETUP {
		return d.Roster.Equal(t.data.Roster)
	}
	for i := range u.Blocks {
		if len(u.Blocks[i]) != len(t.upload.Blocks[i]) {
			return false
		}
	}
	if d.Type == conversation.UPDATE && !d.Roster.Equal(t.data.Roster) {
		return false
	}
	return d.Epoch == t.data.Epoch && d.RosterDigest == t.data.RosterDigest && d.Author == t.data.Author &&
		d.Seq == t.data.Seq && d.K == t.data.K && d.Stopped == t.data.Stopped
}

// describe says what was looked for.
func (t target) describe(found bool) string {
	d := t.data
	what := fmt.Sprintf("a message of type %d with epoch %d, seq %d, k %d and the same roster and blocks", d.Type, d.Epoch, d.Seq, d.K)
	if !found {
		return "its author writes no " + what[2:]
	}
	return "there is " + what + ", but it does not come out the same"
}

var errNotUnique = errors.New("simulator: the text in the place of the message must be said just once by its author")

// replaceText lets somebody say something else.
func replaceText(s script.Script, who, old, new string) (script.Script, error) {
	n := 0
	var walk func([]script.Statement) []script.Statement
	walk = func(list []script.Statement) []script.Statement {
		list = slices.Clone(list)
		for i, st := range list {
			switch a := st.Action.(type) {
			case script.Say:
				if a.Who == who && a.Text == old {
					n++
					a.Text = new
					list[i].Action = a
				}
			case script.Together:
				a.Body = walk(a.Body)
				list[i].Action = a
			}
		}
		return list
	}
	s.Statements = walk(s.Statements)
	if n != 1 {
		return s, errNotUnique
	}
	return s, nil
}
