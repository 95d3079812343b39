package verify

import (
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
	"cowpi.example/transcript"
)

// Secrets are what somebody chose to show. Each opens exactly this:
//
//   - A long-term secret: that it belongs to the key that stands in handshakes and
//     rosters. It opens nothing of the past, neither frames nor blocks: for those
//     one needs the one-time secrets of that time as well.
//   - The state of one message: that message, as a whole. With its author's
//     long-term secret also where its chains came from.
type Secrets struct {
	LongTerm map[identity.ID]suite.Scalar // of users and providers
	Messages []transcript.MessageState
}

// secrets is a transcript under way, as those see it who have secrets.
type secrets struct{}

func newSecrets(v *verifier, s *Secrets) *secrets                                       { return &secrets{} }
func (x *secrets) given() bool                                                          { return false }
func (x *secrets) words() []string                                                      { return nil }
func (x *secrets) finish()                                                              {}
func (x *secrets) sawKey(identity.ID, suite.Point)                                      {}
func (x *secrets) sawUpload(v *verifier, m exchange.Upload, encoded []byte, up *upload) {}
func (x *secrets) sawText(*version, transcript.Saw, Subject)                            {}
