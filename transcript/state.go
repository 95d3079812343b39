package transcript

import (
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// MessageState is one whole real message with the ephemeral state of its author
// for it: what message unlinkability hands to forger and distinguisher alike
// (SPEC.md, section 15). It proves to whoever looks that this message is what its
// author wrote; it must prove nothing of any other.
type MessageState struct {
	Author identity.ID  `json:"author"`
	Upload []byte       `json:"upload"` // the exchange.Upload, encoded, as it was sent
	Key    suite.Key    `json:"key"`    // k_m; zeros for types without content
	Blocks []BlockState `json:"blocks"` // in the order of the upload's blocks
	Auths  []suite.Key  `json:"auths"`  // AK of the author's connection to each provider, in their order
	Setup  []byte       `json:"setup"`  // the data block of the SETUP of its conversation
	Roster []byte       `json:"roster"` // the roster that it was written under, encoded; nil for a SETUP, which holds it
}

// BlockState is the state of one block's chain.
type BlockState struct {
	To      identity.ID `json:"to"`
	At      uint32      `json:"at"`    // CK_At of the chain is Chain: 0 in one variant, the block's own n in the other
	Chain   suite.Key   `json:"chain"` // the chain key
	Start   *StartState `json:"start,omitempty"`
	Offered *OwnState   `json:"offered,omitempty"` // the receive key R, in a start form
}

// StartState is known of the first block of a chain, n = 0.
type StartState struct {
	ESK   suite.Coin   `json:"esk"`
	X     suite.Scalar `json:"x"`     // H1(esk, a)
	Named suite.Point  `json:"named"` // the recipient's receive key that the chain was started with
}

// OwnState is a receive key with its secrets.
type OwnState struct {
	ID     pair.KeyID   `json:"id"`
	ESK    suite.Coin   `json:"esk"`
	Scalar suite.Scalar `json:"scalar"` // H1(esk, a)
}
