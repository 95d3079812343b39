package transcript

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// MessageState is one whole real message with the ephemeral state of its author
// for it: what message unlinkability hands to forger and distinguisher alike
// (SPEC.md, section 15). It proves to whoever looks that this message is what its
// author wrote; it must prove nothing of any other. README.md has its form in JSON.
//
// It is a value; it holds secrets of its author.
type MessageState struct {
	Author identity.ID
	Upload []byte       // the exchange.Upload, encoded, as it was sent
	Key    suite.Key    // k_m; zeros for types without content
	Blocks []BlockState // in the order of the upload's blocks
	Auths  []suite.Key  // AK of the author's connection to each provider, in their order
	Setup  []byte       // the data block of the SETUP of its conversation
	Roster []byte       // the roster that it was written under, encoded; nil for a SETUP, which holds it
}

// BlockState is the state of one block's chain.
type BlockState struct {
	To      identity.ID
	At      uint32    // CK_At of the chain is Chain: 0 in one variant, the block's own n in the other
	Chain   suite.Key // the chain key
	Start   *StartState
	Offered *OwnState // the receive key R, in a start form
}

// StartState is known of the first block of a chain, n = 0.
type StartState struct {
	ESK   suite.Coin
	X     suite.Scalar // H1(esk, a)
	Named suite.Point  // the recipient's receive key that the chain was started with
}

// OwnState is a receive key with its secrets.
type OwnState struct {
	ID     pair.KeyID
	ESK    suite.Coin
	Scalar suite.Scalar // H1(esk, a)
}
