package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
)

// A corrupt router hears every upload, and what it does not let through is as good as
// not said; when it listens again, the text comes. UnsafeData sees every data block.
func TestHear(t *testing.T) {
	s := newScene(t, Options{Seed: 1, Suite: Cheap, Users: people[:2]})
	sid := s.create("alice", "bob")
	var kinds []conversation.Type
	s.User("alice").UnsafeData = func(d *conversation.DataBlock) { kinds = append(kinds, d.Type) }
	heard := 0
	s.Providers[0].Hear = func(from identity.ID, m exchange.Message) bool {
		_, up := m.(exchange.Upload)
		if up && from == "alice" {
			heard++
		}
		return !up
	}
	s.say("alice", sid, "can you hear me?")
	s.do("alice", cowpi.Update{Sid: sid, Restart: []identity.ID{"bob"}})
	s.settle()
	require.Positive(t, heard)
	s.shows(sid, nil, "alice", "bob")

	s.Providers[0].Hear = nil
	require.NoError(t, s.Crash("alice")) // she says it again
	s.settle()
	s.shows(sid, []string{"can you hear me?"}, "alice", "bob")
	require.Contains(t, kinds, conversation.MSG)
	require.Contains(t, kinds, conversation.UPDATE)
}
