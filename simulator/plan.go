package simulator

import (
	"errors"
	"fmt"

	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// target is a message that is to be placed, taken apart.
type target struct {
	upload exchange.Upload
	data   *conversation.DataBlock
	setup  *conversation.DataBlock
	plain  content.Plain
}

func readTarget(s suite.Suite, st *transcript.MessageState) (t target, err error) {
	m, err := exchange.Parse(s, st.Upload)
	if err != nil {
		return t, err
	}
	t.upload, _ = m.(exchange.Upload)
	if t.data, err = conversation.Parse(s, t.upload.Data); err != nil {
		return t, err
	}
	if t.setup, err = conversation.Parse(s, st.Setup); err != nil {
		return t, err
	}
	if len(t.upload.Blocks) != len(st.Blocks) {
		return t, fmt.Errorf("simulator: %d blocks, and the state of %d", len(t.upload.Blocks), len(st.Blocks))
	}
	if t.data.Type == conversation.MSG {
		if err := content.Fits(s, t.data, st.Key); err != nil {
			return t, err
		}
		t.plain, err = content.Open(s, t.data, st.Key)
	}
	return t, err
}

// plan says which of a run's coins end up in one message.
type plan struct {
	key, text, setup, update *Draw // k_m, text id, the nonces
	chains                   []chainPlan
	auths                    []Draw // the one-time keys of the author's connections
	said                     []byte // the text
}

// chainPlan is the part of one block.
type chainPlan struct {
	first              Draw // esk of X
	namedID, named     Draw // of the receive key that the chain was started with
	offeredID, offered Draw // of the receive key that is offered, in a start form
}

// plan finds where everything in an upload comes from.
func (w *Witness) plan(upload []byte) (p plan, err error) {
	u, d, _, err := w.read(upload)
	if err != nil {
		return p, err
	}
	find := func(b [32]byte) *Draw {
		w.mu.RLock()
		defer w.mu.RUnlock()
		if at, ok := w.coins[suite.Coin(b)]; ok {
			return &at
		}
		return nil
	}
	w.mu.RLock()
	raw := w.setups[d.Sid]
	w.mu.RUnlock()
	setup, err := conversation.Parse(w.Suite, raw)
	if err != nil {
		return p, err
	}
	p.setup = find(setup.Nonce)
	if d.Type == conversation.UPDATE {
		p.update = find(d.Nonce)
	}
	for _, block := range u.Blocks {
		c, err := w.chainPlan(block)
		if err != nil {
			return p, err
		}
		p.chains = append(p.chains, c)
	}
	if d.Type == conversation.MSG {
		w.mu.RLock()
		km := w.keys[d.Com]
		w.mu.RUnlock()
		p.key = find(km)
		plain, err := content.Open(w.Suite, d, km)
		if err != nil {
			return p, err
		}
		p.said = plain.Text
		w.mu.RLock()
		if at, ok := w.texts[plain.ID]; ok {
			p.text = &at
		}
		w.mu.RUnlock()
	}
	for _, a := range u.Auths {
		w.mu.RLock()
		X := w.starts[w.auths[w.named[a.KeyID]]].X
		w.mu.RUnlock()
		at, ok := w.draw(X)
		if !ok {
			return p, errors.New("simulator: a connection of unknown origin")
		}
		p.auths = append(p.auths, at)
	}
	return p, nil
}

func (w *Witness) chainPlan(block []byte) (c chainPlan, err error) {
	h, err := pair.ParseHeader(w.Suite, block)
	if err != nil {
		return c, err
	}
	w.mu.RLock()
	s, ok := w.blocks[string(block)]
	first := w.starts[w.places[w.marks[s.mk]].first]
	w.mu.RUnlock()
	if !ok {
		return c, errors.New("simulator: a block that was not sealed in this run")
	}
	var found [3]bool
	c.first, found[0] = w.draw(first.X)
	c.named, found[1] = w.draw(first.Y)
	found[2] = true
	if h.Start {
		c.offered, found[2] = w.draw(suite.Point(s.plain[40:]))
		w.mu.RLock()
		c.namedID, c.offeredID = w.ids[h.Ref.ID], w.ids[pair.KeyID(s.plain[32:])]
		w.mu.RUnlock()
	}
	if found != [3]bool{true, true, true} {
		return c, errors.New("simulator: a one-time key of unknown origin")
	}
	return c, nil
}
