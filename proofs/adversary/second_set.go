package adversary

import (
	"slices"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// FewerProviders lies to one who listens to fewer providers than the others.
var FewerProviders = game.Adversary{
	Name: "fewer-providers",
	What: "Somebody gives up on the one provider that is honest, and is invited to a conversation by one who does not, or is in one already. The other providers " +
		"show it two texts in each other's place.",
	Source: "split views where not all ask the same logs: Meiklejohn et al. (2020), Think global, act local; this project, V13",
	Games:  []string{"conversation-integrity"},
	Attack: func(o *game.Oracles) error {
		if o.Rand().IntN(2) == 0 {
			return narrowedInside(o)
		}
		if ok, err := noraNarrowed(o); !ok || err != nil {
			return err
		}
		lieFromTheBeginning(o, func(setup exchange.Delivery) exchange.Delivery { return setup })
		sid, err := o.Create("alice", "bob", "nora")
		if err != nil {
			return err
		}
		return script(saysIn(o, "alice", sid, "First."), saysIn(o, "bob", sid, "Second."), o.Settle)
	},
}

// TwoSets is the same where who invites says to each what it wants to hear.
var TwoSets = game.Adversary{
	Name: "two-sets",
	What: "As fewer-providers; but who begins the conversation is corrupt, and makes, for the one who listens to fewer providers, another SETUP of the same Sid " +
		"that names these.",
	Source: "Bohli, González Vasco and Steinwandt (2007), Secure group key establishment revisited: session identifiers; this project, 8.2",
	Games:  []string{"conversation-integrity"},
	Attack: func(o *game.Oracles) error {
		if ok, err := noraNarrowed(o); !ok || err != nil {
			return err
		}
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		s, f := o.Suite(), newForger(o, eve.Self)
		set := o.ProviderSet()
		fewer, err := identity.NewProviders(s, set.At(0), set.At(1))
		if err != nil {
			return err
		}
		var key exchange.Prekey // nora's, which eve fetches
		lieFromTheBeginning(o, func(m exchange.Delivery) exchange.Delivery {
			d, err := conversation.Parse(s, m.Data)
			if err != nil {
				return m
			}
			d.Providers = fewer.Digest(s)
			m.Data = d.Seal(s).Raw()
			if block, err := f.first(m.Sid, d.Hash(), party(o, "nora"), key); err == nil {
				m.Block = block
			}
			return m
		})
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		lie := router.Corrupt
		router.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			if got, ok := m.(exchange.Fetched); ok && to == "eve" {
				i := slices.IndexFunc(got.Keys, func(k exchange.FetchedKey) bool { return k.ID == "nora" })
				key = got.Keys[max(i, 0)].Prekey
			}
			return lie(to, m)
		}
		before := eve.Conversations()
		if err := o.Act("eve", cowpi.Create{With: those("alice", "bob", "nora")}); err != nil {
			return err
		}
		if err := o.Settle(); err != nil {
			return err
		}
		now := eve.Conversations()
		if len(now) == len(before) {
			return nil
		}
		sid := now[len(now)-1]
		return script(saysIn(o, "alice", sid, "First."), saysIn(o, "bob", sid, "Second."), o.Settle)
	},
}

// honestOneLast says whether there are three providers of which the last is honest.
func honestOneLast(o *game.Oracles) bool {
	st := o.Setting()
	return st.Providers == 3 && st.Honest == 2
}

// narrowedInside lets charlie give up on the honest provider in the middle of Main.
func narrowedInside(o *game.Oracles) error {
	if !honestOneLast(o) {
		return nil
	}
	if err := script(func() error { return o.Narrow("charlie", 2) }, o.Settle); err != nil {
		return err
	}
	lieTo(o, "charlie", o.Main(), exchangeTwo(o))
	return script(says(o, "alice", "First."), says(o, "bob", "Second."), o.Settle)
}

// noraNarrowed brings in nora, whom nobody has met, and who gives up on the last provider
// of three. ok is false where that is not the honest one.
func noraNarrowed(o *game.Oracles) (ok bool, err error) {
	if !honestOneLast(o) {
		return false, nil
	}
	return true, script(
		func() error { return o.Newcomer("nora") },
		o.Settle, // everybody has her keys
		func() error { return o.Narrow("nora", 2) },
		o.Settle,
	)
}

// lieFromTheBeginning makes all corrupt providers keep from nora what there is of the next
// conversation until it has two texts, and then tell it all, with the two exchanged, and
// the SETUP as begin makes it.
func lieFromTheBeginning(o *game.Oracles, begin func(exchange.Delivery) exchange.Delivery) {
	for _, p := range o.Providers() {
		l := &line{suite: o.Suite(), victim: "nora", plan: func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
			out, done := exchangeTwo(o)(held)
			if done {
				out[0] = begin(out[0])
			}
			return out, done
		}}
		p.Corrupt = func(to identity.ID, m exchange.Message) []exchange.Message {
			if d, ok := m.(exchange.Delivery); ok && to == l.victim {
				l.sid = d.Sid // the only one that she is in
			}
			return l.tamper(to, m)
		}
	}
}

// exchangeTwo is the plan to exchange the first two texts.
func exchangeTwo(o *game.Oracles) func([]exchange.Delivery) ([]exchange.Delivery, bool) {
	return func(held []exchange.Delivery) ([]exchange.Delivery, bool) {
		var texts []int
		for i, d := range held {
			if kindOf(o.Suite(), d) == conversation.MSG {
				texts = append(texts, i)
			}
		}
		if len(texts) < 2 {
			return nil, false
		}
		out := slices.Clone(held)
		out[texts[0]], out[texts[1]] = out[texts[1]], out[texts[0]]
		return out, true
	}
}
