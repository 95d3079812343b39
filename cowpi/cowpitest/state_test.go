package cowpitest

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/provider"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// updateState writes the newest snapshot anew. Older ones are never touched: they
// are what stores of that version really looked like.
var updateState = flag.Bool("update-state", false, "write the snapshot of the stores in testdata/state anew")

const stateDir = "../../testdata/state"

// snapshot is a whole network at rest in the midst of things: what every node has
// on its disk. See testdata/state/README.md.
type snapshot struct {
	Now   uint64              `json:"now"`   // ms
	Sid   string              `json:"sid"`   // of the conversation that goes on
	Held  string              `json:"held"`  // of the one that alice holds at dave's new key
	Texts map[string][]string `json:"texts"` // of each user: those that it is yet to be shown, sorted
	Nodes []string            `json:"nodes"` // providers in their order, then users
	nodes []nodeState
}

// nodeState is one node: its long-term key and its store.
type nodeState struct {
	ID      string   `json:"id"`
	Secret  string   `json:"secret"`
	Key     string   `json:"key"`
	Records []string `json:"records"` // key=value, in the order of keys
}

func stateOf(self identity.Self, v store.View) nodeState {
	n := nodeState{ID: string(self.ID), Secret: hex.EncodeToString(self.Secret[:]), Key: hex.EncodeToString(self.Key[:])}
	_ = v.Scan(nil, nil, func(k, value []byte) bool {
		n.Records = append(n.Records, hex.EncodeToString(k)+"="+hex.EncodeToString(value))
		return true
	})
	return n
}

func bin(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func (n nodeState) self(t testing.TB) identity.Self {
	return identity.Self{ID: identity.ID(n.ID), Key: suite.Point(bin(t, n.Key)), Secret: suite.Scalar(bin(t, n.Secret))}
}

func (n nodeState) store(t testing.TB) *store.Memory {
	m := &store.Memory{}
	for _, r := range n.Records {
		k, v, _ := strings.Cut(r, "=")
		m.Commit([]store.Record{{Key: bin(t, k), Value: bin(t, v)}})
	}
	return m
}

// stateOptions are those of the network that snapshots are of.
func stateOptions() Options {
	return Options{Seed: 77, Suite: suite.Default, Users: []string{"alice", "bob", "charlie", "dave"},
		Policy: cowpi.Policy{Stock: 6, Floor: 3}}
}

// midst plays until every table of every node has something in it.
func midst(t *testing.T) snapshot {
	n, err := New(stateOptions())
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	sid := create(t, n, "alice", "bob", "charlie")
	say(t, n, "alice", sid, "first")
	require.NoError(t, n.Settle())
	say(t, n, "bob", sid, "second")
	require.NoError(t, n.Settle())
	create(t, n, "dave", "alice") // alice knows dave's key
	backup := n.Backup("router")
	say(t, n, "charlie", sid, "third")
	require.NoError(t, n.Settle())
	require.NoError(t, n.Restore("router", backup)) // and it has been restored once
	require.NoError(t, n.Settle())

	// Dave has a new phone, with a new key, and invites alice.
	dave := n.User("dave")
	self, err := identity.NewSelf(n.suite, "dave", [32]byte{4, 4})
	require.NoError(t, err)
	dave.Self, dave.Store = self, &store.Memory{}
	require.NoError(t, n.Crash("dave"))
	for _, p := range n.Providers {
		require.NoError(t, n.stepProvider(p, provider.Register{User: self.Party(), Replace: true}))
	}
	_, err = n.Do("dave", cowpi.ReplaceStock{})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	_, err = n.Do("dave", cowpi.Create{With: ids("alice")})
	require.NoError(t, err)
	require.NoError(t, n.Settle())
	daves := dave.Conversations()
	held := daves[len(daves)-1]

	// Charlie's phone is off while an epoch ends.
	n.SetOffline("charlie", true)
	say(t, n, "bob", sid, "fourth")
	require.NoError(t, n.Settle())
	_, err = n.Do("bob", cowpi.Update{Sid: sid, Restart: ids("bob")})
	require.NoError(t, err)
	require.NoError(t, n.Settle())

	// Alice's UPDATE is written; then one mirror is slow, and nothing becomes final
	// any more.
	_, err = n.Do("alice", cowpi.Update{Sid: sid, Restart: ids("charlie")})
	require.NoError(t, err)
	for count(n.User("alice").Store, 'q') == 0 {
		more, err := n.Step()
		require.NoError(t, err)
		require.True(t, more)
	}
	n.pause["mirror2"] = true
	say(t, n, "bob", sid, "fifth")
	_, err = n.Do("alice", cowpi.Create{With: ids("bob")}) // its keys are asked for
	require.NoError(t, err)
	_, err = n.Do("bob", cowpi.ReplaceStock{}) // asked of one mirror, confirmed by it
	require.NoError(t, err)
	say(t, n, "alice", sid, "sixth")
	say(t, n, "charlie", sid, "seventh")
	for {
		more, err := n.Step()
		require.NoError(t, err)
		if !more {
			break
		}
	}
	s := snapshot{Now: n.Now, Sid: hex.EncodeToString(sid[:]), Held: hex.EncodeToString(held[:]), Texts: map[string][]string{
		"alice": {"fifth", "seventh", "sixth"}, "bob": {"fifth", "seventh", "sixth"}, "charlie": {"fifth", "fourth", "seventh", "sixth"}}}
	for _, p := range n.Providers {
		s.nodes = append(s.nodes, stateOf(p.Self, p.Store))
	}
	for _, u := range n.Users {
		s.nodes = append(s.nodes, stateOf(u.Self, u.Store))
	}
	for _, node := range s.nodes {
		s.Nodes = append(s.Nodes, node.ID)
	}
	return s
}

func writeSnapshot(t *testing.T, dir string, s snapshot) {
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write := func(name string, v any) {
		b, err := json.MarshalIndent(v, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644))
	}
	write("network", s)
	for _, n := range s.nodes {
		write(n.ID, n)
	}
}

func readSnapshot(t testing.TB, dir string) (s snapshot) {
	read := func(name string, v any) {
		b, err := os.ReadFile(filepath.Join(dir, name+".json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, v))
	}
	read("network", &s)
	for _, id := range s.Nodes {
		var n nodeState
		read(id, &n)
		s.nodes = append(s.nodes, n)
	}
	return s
}

// load builds a network of which every node wakes up over its old store.
func (s snapshot) load(t testing.TB) *Net {
	opt := stateOptions()
	n, err := New(opt)
	require.NoError(t, err)
	n.Now = s.Now
	for i, state := range s.nodes {
		self := state.self(t)
		if i < len(n.Providers) {
			p := n.Providers[i]
			require.Equal(t, p.Self, self, "the provider set is another one")
			p.Store = state.store(t)
		} else {
			u := n.Users[i-len(n.Providers)]
			u.Self, u.Store = self, state.store(t)
		}
	}
	for _, id := range s.Nodes {
		require.NoError(t, n.Crash(id))
	}
	return n
}

func (s snapshot) sids(t testing.TB) (sid, held suite.Hash) {
	return suite.Hash(bin(t, s.Sid)), suite.Hash(bin(t, s.Held))
}

// Stores of every version that there ever was are taken up by today's code, which
// carries their conversations on to the right end.
func TestOldStoresGoOn(t *testing.T) {
	if *updateState {
		writeSnapshot(t, filepath.Join(stateDir, "v1"), midst(t))
	}
	dirs, err := filepath.Glob(filepath.Join(stateDir, "v*"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s := readSnapshot(t, dir)
			n := s.load(t)
			require.NoError(t, n.Settle())
			sid, held := s.sids(t)
			for user, want := range s.Texts {
				require.Equal(t, want, slices.Sorted(slices.Values(n.User(user).View(sid).Texts())), user)
			}
			dave := n.User("dave").Self
			_, err := n.Do("alice", cowpi.DecideKey{User: "dave", Key: dave.Key, Accept: true})
			require.NoError(t, err)
			require.NoError(t, n.Settle())
			for _, who := range s.Nodes[3:] {
				if who != "dave" {
					say(t, n, who, sid, "later, by "+who)
				}
			}
			say(t, n, "dave", held, "it is me")
			say(t, n, "alice", held, "so it is")
			require.NoError(t, n.Settle())
			for user := range s.Texts {
				texts := n.User(user).View(sid).Texts()
				require.ElementsMatch(t, []string{"later, by alice", "later, by bob", "later, by charlie"}, texts[len(texts)-3:])
			}
			for _, user := range []string{"alice", "dave"} {
				require.ElementsMatch(t, []string{"it is me", "so it is"}, n.User(user).View(held).Texts())
			}
			require.NoError(t, SameViews(n, sid))
			require.NoError(t, SameViews(n, held))
			requirePeace(t, n)
		})
	}
}

// requirePeace wants nobody to have stopped or to accuse, and events without gaps.
func requirePeace(t *testing.T, n *Net) {
	for _, u := range n.Users {
		for i, e := range u.Events {
			require.Equal(t, u.Events[0].Number+uint64(i), e.Number)
			switch e.Body.(type) {
			case cowpi.Ended, cowpi.ProviderFault, cowpi.Repeated, cowpi.Unreadable:
				require.Fail(t, "unexpected", "%s: %+v", u.Self.ID, e)
			}
		}
	}
	for _, p := range n.Providers {
		for _, e := range p.Events {
			if f, is := e.(provider.Fault); is {
				require.NoError(t, f.Err, p.name())
			}
		}
	}
}

// A snapshot has something in every table of every node, or it would show nothing
// about some of them.
func TestSnapshotsAreFull(t *testing.T) {
	s := readSnapshot(t, filepath.Join(stateDir, "v1"))
	tables := map[string]string{"router": "CLabcefghklnopqrsuvwxy", "mirror1": "CLbefghklnopqruw", "alice": "FIKMTbchilopqsu"}
	for _, node := range s.nodes {
		if want, ok := tables[node.ID]; ok {
			require.Equal(t, want, kinds(node.store(t)), node.ID)
		}
	}
}

// kinds lists the tables of a store, each once.
func kinds(v store.View) (out string) {
	_ = v.Scan(nil, nil, func(k, _ []byte) bool {
		if !strings.HasSuffix(out, string(k[:1])) {
			out += string(k[:1])
		}
		return true
	})
	return out
}
