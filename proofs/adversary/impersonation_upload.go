package adversary

import (
	"bytes"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/cowpitest"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/proofs/game"
)

// ForgedUpload uploads in another user's name.
var ForgedUpload = game.Adversary{
	Name:   "forged-upload",
	What:   "A corrupt user uploads what another one wrote, or a change of it, with authentication by its own connections; the router may be corrupt and propose it all the same.",
	Source: "Schliep and Hopper, III-F, the authentication block; Marlinspike's server-side access control, after Chase, Perrin and Zaverucha (2020)",
	Games:  []string{"message-authentication", "participant-authentication"},
	Attack: func(o *game.Oracles) error {
		author, reader := two(o)
		eve, err := o.Participant("eve")
		if err != nil {
			return err
		}
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		var genuine exchange.Upload
		overhear(o, router, func(from identity.ID, m exchange.Message) {
			if up, ok := m.(exchange.Upload); ok && string(from) == author {
				genuine = up
			}
		})
		if err := o.Say(author, o.Main(), "One."); err != nil {
			return err
		}
		if err := o.Settle(); err != nil || genuine.Data == nil {
			return err
		}
		b, err := conversation.Parse(o.Suite(), genuine.Data)
		if err != nil {
			return err
		}
		last, _ := o.Last(reader, o.Main(), identity.ID(author))
		b.Seq = last.Seq + 1
		if b.Type == conversation.MSG {
			b.Sealed = flipped(o, b.Sealed, 0)
		}
		forged := exchange.Upload{Data: b.Seal(o.Suite()).Raw(), Blocks: genuine.Blocks}
		// Each provider has an authentication key of eve's; she uses these, or the ids of the author's.
		id := forged.ID(o.Suite())
		for i := range o.Setting().Providers {
			_, err := o.Intrude(eve.Self, i, func(a *cowpitest.Actor) [][]byte {
				auth := a.Authenticate(b.Sid, id)
				if i < len(genuine.Auths) && o.Rand().IntN(2) == 0 {
					auth.KeyID = genuine.Auths[i].KeyID
				}
				forged.Auths = append(forged.Auths, auth)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return propose(o, router, forged)
	},
}

// propose makes the corrupt router put an upload in place of the next that eve makes.
func propose(o *game.Oracles, router *cowpitest.Provider, forged exchange.Upload) error {
	raw := exchange.Encode(forged)
	router.Log = func(message []byte) [][]byte {
		// A proposal of one entry: type, Sid, first, count, then the upload behind its length.
		const head = 1 + 32 + 8 + 2
		if message[0] != 1 || len(message) < head+4 {
			return [][]byte{message}
		}
		n := int(message[head])<<24 | int(message[head+1])<<16 | int(message[head+2])<<8 | int(message[head+3])
		out := bytes.Clone(message[:head])
		copy(out[1:], forgedSid(o, forged))
		h, _ := o.Head("alice", o.Main())
		for i := range 8 {
			out[33+i] = byte(h.Next >> (56 - 8*i))
		}
		out = append(out, byte(len(raw)>>24), byte(len(raw)>>16), byte(len(raw)>>8), byte(len(raw)))
		out = append(out, raw...)
		return [][]byte{append(out, message[head+4+n:]...)}
	}
	if err := o.Act("eve", cowpi.Send{Sid: o.Side(), Text: []byte("...")}); err != nil {
		return err
	}
	if err := o.Settle(); err != nil {
		return err
	}
	commit := append([]byte{2}, forgedSid(o, forged)...)
	h, _ := o.Head("alice", o.Main())
	for i := range 8 {
		commit = append(commit, byte(h.Next>>(56-8*i)))
	}
	router.Log = nil
	if err := o.WriteAs(0, append(commit, 0, 1)); err != nil {
		return err
	}
	return o.Settle()
}

func forgedSid(o *game.Oracles, up exchange.Upload) []byte {
	b, err := conversation.Parse(o.Suite(), up.Data)
	if err != nil {
		return make([]byte, 32)
	}
	return b.Sid[:]
}

// AlteredProposal changes what somebody uploaded before mirrors see it.
var AlteredProposal = game.Adversary{
	Name:   "altered-proposal",
	What:   "The router proposes a text with another data block, or with other blocks, than its author uploaded, under the author's authentication.",
	Source: "Schliep and Hopper, III-F, the authentication block",
	Games:  []string{"message-authentication", "participant-authentication"},
	Attack: func(o *game.Oracles) error {
		author, _ := two(o)
		router, err := o.Provider(0)
		if err != nil {
			return err
		}
		blocks := o.Rand().IntN(2) == 0
		var up exchange.Upload
		overhear(o, router, func(from identity.ID, m exchange.Message) {
			if x, ok := m.(exchange.Upload); ok && string(from) == author {
				up = x
			}
		})
		router.Log = func(message []byte) [][]byte {
			at := bytes.Index(message, up.Data)
			if message[0] != 1 || up.Data == nil || at < 0 {
				return [][]byte{message}
			}
			b, err := conversation.Parse(o.Suite(), up.Data)
			if err != nil {
				return [][]byte{message}
			}
			out := bytes.Clone(message)
			if i := bytes.Index(out, up.Blocks[0]); blocks && i >= 0 {
				out[i+len(up.Blocks[0])-1] ^= 1
				return [][]byte{out}
			}
			if b.Type == conversation.MSG {
				b.Sealed = flipped(o, b.Sealed, 0)
			} else {
				b.Stopped = !b.Stopped
			}
			copy(out[at:], b.Seal(o.Suite()).Raw())
			return [][]byte{out}
		}
		return script(says(o, author, "One."), o.Settle)
	},
}
