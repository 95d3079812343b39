package cowpi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/corpustest"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// codec reads a record that lies under a key and writes it again.
type codec struct {
	key   []byte
	again func(s *step) error
}

// codecs are all records of a participant but those of package pair, and of the
// conversation's Keeper, which have targets of their own.
func codecs() map[string]codec {
	sid, id := suite.Hash{1}, pair.KeyID{2}
	stock := func(s *step) error {
		raw, err := s.draft.Get(stockKey(1, 0))
		if err != nil {
			return err
		}
		k, err := parseOwn(raw)
		if err == nil {
			s.draft.Put(stockKey(1, 0), encodeOwn(k))
		}
		return err
	}
	return map[string]codec{
		"meta": {[]byte{keyMeta}, func(s *step) error {
			err := s.loadMeta()
			if err == nil {
				s.saveMeta()
			}
			return err
		}},
		"prekey": {stockKey(1, 0), stock},
		"place of a prekey": {byIDKey(id), func(s *step) error {
			_, err := s.stockAt(id)
			return err
		}},
		"trust": {trustKey("alice"), func(s *step) error {
			t, ok, err := s.trusted("alice")
			if err == nil && ok {
				s.putTrust("alice", t)
			}
			return err
		}},
		"operation": {fetchKey([16]byte{3}), func(s *step) error {
			return s.operations(func(o operation) error {
				s.putOperation(o)
				return nil
			})
		}},
		"conversation": {sidKey(keyLocal, sid), func(s *step) error {
			c, err := s.local(sid)
			if err == nil {
				s.putLocal(sid, c)
			}
			return err
		}},
		"text": {textKey(sid, 4), func(s *step) error {
			return s.eachText(sid, func(n uint64, q queued) { s.putText(sid, n, q) })
		}},
		"upload": {uploadKey(sid, 5), func(s *step) error {
			all, err := s.pendings(sid)
			if err == nil {
				s.putPending(sid, all[0])
			}
			return err
		}},
		"body": {sidKey(keyBody, sid, u64Bytes(5)...), func(s *step) error {
			u, err := s.body(sid, 5)
			if err == nil {
				s.putBody(sid, 5, u)
			}
			return err
		}},
		"intent": {sidKey(keyIntent, sid), func(s *step) error {
			in, _, err := s.intent(sid)
			if err == nil {
				s.putIntent(sid, in)
			}
			return err
		}},
		"hold": {sidKey(keyHold, sid), func(s *step) error {
			return s.scan([]byte{keyHold}, func(_, value []byte) error {
				h, err := parseHeld(value)
				if err == nil {
					s.draft.Put(sidKey(keyHold, sid), encodeHeld(h))
				}
				return err
			})
		}},
	}
}

// rewrite reads a record and writes it again; it gives back what was written.
func (c codec) rewrite(raw []byte) ([]byte, error) {
	m := &store.Memory{}
	m.Commit([]store.Record{{Key: c.key, Value: raw}})
	s := &step{Participant: &Participant{suite: suite.Default}, draft: store.NewDraft(m)}
	if err := c.again(s); err != nil {
		return nil, err
	}
	return s.draft.Get(c.key)
}

// storedByAlice are records of a store that was really written, with what is in
// front of their keys.
func storedByAlice(t testing.TB) (values [][]byte) {
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "state", "v1", "alice.json"))
	require.NoError(t, err)
	var node struct {
		Records []string `json:"records"`
	}
	require.NoError(t, json.Unmarshal(raw, &node))
	for _, r := range node.Records {
		_, value, _ := strings.Cut(r, "=")
		b, err := hex.DecodeString(value)
		require.NoError(t, err)
		values = append(values, b)
	}
	return values
}

// Whatever lies in a record of a participant: it is read whole, and is written
// again as it was; or it is a bug, with no panic and without taking memory for
// what a length only claims.
func FuzzRecords(f *testing.F) {
	corpustest.Add(f, "cowpi.FuzzRecords")
	for _, v := range storedByAlice(f) {
		f.Add(v)
	}
	all := codecs()
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, c := range all {
			again, err := c.rewrite(raw)
			if err != nil {
				var bug *fault.Bug
				require.True(t, errors.As(err, &bug), "%s: %v", name, err)
				continue
			}
			require.Equal(t, raw, again, name)
		}
	})
}

// The target must get somewhere: each codec takes some record of a real store, or
// one that was made for it.
func TestRecordsAreRead(t *testing.T) {
	values := storedByAlice(t)
	hold := encodeHeld(held{identity.Party{ID: "dave", Key: suite.Default.Public(suite.Scalar{7})}, true})
	values = append(values, hold)
	for name, c := range codecs() {
		read := 0
		for _, v := range values {
			again, err := c.rewrite(v)
			if err != nil {
				continue
			}
			read++
			require.Equal(t, v, again)
			_, err = c.rewrite(append(v[:len(v):len(v)], 0))
			require.Error(t, err, "%s: a byte too many", name)
			_, err = c.rewrite(v[:len(v)-1])
			require.Error(t, err, "%s: a byte too few", name)
		}
		require.Positive(t, read, name)
	}
}
