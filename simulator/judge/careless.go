package judge

import (
	"bytes"
	"slices"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// careless lists forgers who get one thing wrong, one for each distinguisher that looks
// at what others do not.
func careless() []Control {
	slip := func(name, what, by string, in Game, spoil func(suite.Suite, *transcript.Memory)) Control {
		return Control{Name: name, What: what, By: by, In: in, Slip: true, Set: func(x *Experiment) {
			s := x.Suite
			if s == nil {
				s = suite.Default
			}
			x.Spoil = func(m *transcript.Memory) { spoil(s, m) }
		}}
	}
	return []Control{
		slip("a longer frame", "A forger makes the last frame on the wires one byte longer than it should be.", "wires", Deniability,
			func(_ suite.Suite, m *transcript.Memory) {
				lastSent(m, func(s *transcript.Sent) bool {
					s.Bytes = append(bytes.Clone(s.Bytes), 0)
					return s.Opened.Kind == transcript.Data
				})
			}),
		slip("another answer", "A forger changes a bit in the last thing that a provider said.", "providers", Deniability,
			func(_ suite.Suite, m *transcript.Memory) {
				lastSent(m, func(s *transcript.Sent) bool {
					if s.ToServer || len(s.Opened.Plain) == 0 {
						return false
					}
					s.Opened.Plain[len(s.Opened.Plain)-1] ^= 1
					return true
				})
			}),
		slip("a receipt too far", "A forger lets somebody acknowledge what it was not delivered.", "people", Deniability,
			byUsers(func(m exchange.Message) exchange.Message {
				if a, ok := m.(exchange.Ack); ok {
					a.Index++
					return a
				}
				return nil
			})),
		slip("the last thing is missing", "A forger leaves out the last thing that anybody saw.", "views", Deniability,
			func(_ suite.Suite, m *transcript.Memory) {
				for i, r := range slices.Backward(m.Records) {
					if _, ok := r.(transcript.Saw); ok {
						m.Records = slices.Delete(m.Records, i, i+1)
						return
					}
				}
			}),
		slip("a prekey twice", "A forger gives two prekeys of a batch one key.", "reuse", Deniability,
			byUsers(func(m exchange.Message) exchange.Message {
				if p, ok := m.(exchange.Prekeys); ok && len(p.List) > 1 {
					p.List[1].Y = p.List[0].Y
					return p
				}
				return nil
			})),
		slip("a bit that is stuck", "A forger has all ids of prekeys begin with a zero bit.", "statistics", Deniability,
			byUsers(func(m exchange.Message) exchange.Message {
				p, ok := m.(exchange.Prekeys)
				if !ok {
					return nil
				}
				for i := range p.List {
					p.List[i].ID[0] &= 0x7f
				}
				return p
			})),
		slip("no authentication", "A forger around a real message puts zeros where the authentications of uploads should be.", "state", Unlinkability,
			byUsers(func(m exchange.Message) exchange.Message {
				u, ok := m.(exchange.Upload)
				if !ok {
					return nil
				}
				for i := range u.Auths {
					u.Auths[i] = exchange.Auth{}
				}
				return u
			})),
	}
}

// lastSent changes the last message of which change says that it did.
func lastSent(m *transcript.Memory, change func(*transcript.Sent) bool) {
	for i, r := range slices.Backward(m.Records) {
		if s, ok := r.(transcript.Sent); ok {
			s.Opened.Plain = bytes.Clone(s.Opened.Plain)
			if change(&s) {
				m.Records[i] = s
				return
			}
		}
	}
}

// byUsers changes all that users say to providers: nil leaves it as it is.
func byUsers(change func(exchange.Message) exchange.Message) func(suite.Suite, *transcript.Memory) {
	return func(s suite.Suite, m *transcript.Memory) {
		for i, r := range m.Records {
			sent, ok := r.(transcript.Sent)
			if !ok || !sent.ToServer || sent.Opened.Kind != transcript.Data {
				continue
			}
			msg, err := exchange.Parse(s, bytes.Clone(sent.Opened.Plain))
			if err != nil {
				continue
			}
			if other := change(msg); other != nil {
				sent.Opened.Plain = exchange.Encode(other)
				m.Records[i] = sent
			}
		}
	}
}
