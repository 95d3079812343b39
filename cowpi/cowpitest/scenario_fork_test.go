package cowpitest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/suite"
)

// The router forks the group: it serves charlie from a copy of itself. Mirrors
// show it to whoever is first given something else: check D1.
func TestD1RouterForks(t *testing.T) {
	s := newScene(t, Options{Seed: 1, Suite: suite.Default, Users: people[:3]})
	sid := s.create("alice", "bob", "charlie")
	s.say("alice", sid, "before the fork")
	s.settle()
	at := s.head("alice", sid).Next
	require.NoError(t, s.Fork("charlie"))
	s.settle()
	s.do("charlie", cowpi.Send{Sid: sid, Text: []byte("for nobody")})
	s.do("alice", cowpi.Send{Sid: sid, Text: []byte("not for charlie")})
	s.settle()
	end := s.out("charlie", sid)
	require.Equal(t, cowpi.EndStopped, end.Reason)
	require.Equal(t, fault.D1, fault.CheckOf(end.Err))
	require.Equal(t, at-1, end.Index, "caught at the first index that differs")
	s.shows(sid, []string{"before the fork"}, "charlie")
	s.shows(sid, []string{"before the fork", "not for charlie"}, "alice", "bob")
	require.NoError(t, SameViews(s.Net, sid))
}

// The negative control: a single provider, which only the test network allows,
// forks the group and nobody can tell; but the codes that people compare differ.
func TestForkByAllProvidersShowsInCodesOnly(t *testing.T) {
	s := newScene(t, Options{Seed: 1, Suite: suite.Default, Providers: 1, Users: people[:3]})
	sid := s.create("alice", "bob", "charlie")
	s.say("alice", sid, "before the fork")
	s.settle()
	code := func(name string) string {
		c, ok, err := s.User(name).Machine.Code(s.User(name).Store, sid)
		require.NoError(t, err)
		require.True(t, ok)
		return c.Digits()
	}
	require.Equal(t, code("alice"), code("charlie"))
	require.NoError(t, s.Fork("charlie"))
	s.settle()
	s.do("charlie", cowpi.Send{Sid: sid, Text: []byte("for nobody")})
	s.do("alice", cowpi.Send{Sid: sid, Text: []byte("not for charlie")})
	s.settle()
	s.shows(sid, []string{"before the fork", "for nobody"}, "charlie")
	s.shows(sid, []string{"before the fork", "not for charlie"}, "alice", "bob")
	require.Error(t, SameViews(s.Net, sid))
	require.Equal(t, code("alice"), code("bob"))
	require.NotEqual(t, code("alice"), code("charlie"))
}
