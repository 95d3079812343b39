package cowpitest

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/suite"
)

// inspector looks at every participant after each step: it holds exactly the
// secrets that SPEC.md, section 12, says it should, and no byte of any other.
type inspector struct {
	t     *teller
	users map[identity.ID]*inspected
	looks int
}

// inspected is what an inspector knows of one participant.
type inspected struct {
	ring   *Keyring
	events int
	given  int
	ever   map[secret]string // all secrets that it ever held
	named  map[string]secret // the same by name, without the place
}

func inspect(t *teller) *inspector {
	in := &inspector{t: t, users: map[identity.ID]*inspected{}}
	t.tamper(func(to identity.ID, m exchange.Message) []exchange.Message {
		if in.users[to] == nil {
			in.add(to)
		}
		in.users[to].ring.Told(m)
		return []exchange.Message{m}
	})
	return in
}

func (in *inspector) add(id identity.ID) {
	in.users[id] = &inspected{ring: NewKeyring(in.t.suite, id), ever: map[secret]string{}, named: map[string]secret{}}
	in.users[id].ring.Offered = func(author identity.ID, data suite.Hash) int { return in.users[author].ring.Offers(data, id) }
}

// look inspects everybody.
func (in *inspector) look() error {
	for _, u := range in.t.Users {
		if in.users[u.Self.ID] == nil {
			in.add(u.Self.ID)
		}
		if err := in.users[u.Self.ID].look(in.t, u); err != nil {
			return fmt.Errorf("the keys of %s: %w", u.Self.ID, err)
		}
		in.looks++
	}
	return nil
}

func (p *inspected) look(t *teller, u *User) error {
	now, err := readHoldings(t.suite, u.Store)
	if err != nil {
		return err
	}
	for ; p.given < len(t.handed); p.given++ {
		if g := t.given[t.handed[p.given]]; g.by == string(u.Self.ID) {
			talk := p.ring.talk(g.sid)
			talk.texts = append(talk.texts, t.handed[p.given])
		}
	}
	p.stocked(now)
	if err := p.ring.Follow(Progress{u.Events[p.events:], now.gone, now.logged, now.uploads}); err != nil {
		return err
	}
	if p.ring.forked > 0 {
		return fmt.Errorf("it went on with a chain where it should have started one")
	}
	p.events = len(u.Events)
	if err := p.compare(now); err != nil {
		return err
	}
	return p.leftovers(u, now)
}

// stocked takes new prekeys into the model: whole batches, each once.
func (p *inspected) stocked(now holdings) {
	if now.batch == p.ring.batch {
		return
	}
	p.ring.batch = now.batch
	for name := range now.where {
		if digits, ok := strings.CutPrefix(name, "stock "); ok && p.named["own "+digits] == (secret{}) {
			p.ring.Stock(keyID(digits))
		}
	}
}

// keyID reads the id of a key in a name.
func keyID(digits string) (id pair.KeyID) {
	_, _ = hex.Decode(id[:], []byte(digits))
	return id
}

// compare holds the store against the model: the same secrets at the same places,
// under each name the same as ever, and the same texts and uploads.
func (p *inspected) compare(now holdings) error {
	for _, t := range p.ring.talks { // session keys get their ids
		for name, k := range t.pairs {
			for i := range k.mine {
				if k.mine[i].ID == (pair.KeyID{}) {
					if id, ok := p.newSession(name, now, k.mine); ok {
						k.mine[i].ID = id
					}
				}
			}
		}
	}
	want, unknown := p.ring.names()
	got := slices.Sorted(maps.Keys(now.where))
	if len(unknown) > 0 {
		return fmt.Errorf("session keys are missing: %v", unknown)
	}
	if extra := except(got, want); len(extra) > 0 {
		return fmt.Errorf("these should be gone: %v", extra)
	}
	if missing := except(want, got); len(missing) > 0 {
		return fmt.Errorf("these are missing: %v", missing)
	}
	for name, s := range now.where {
		what := plainName(name)
		if old, ok := p.named[what]; ok && old != s {
			return fmt.Errorf("%s has changed", name)
		}
		if old, ok := p.ever[s]; ok && old != what {
			return fmt.Errorf("%s is the same as %s", name, old)
		}
		p.named[what], p.ever[s] = s, what
	}
	for sid, t := range p.ring.talks {
		if held := slices.Sorted(slices.Values(now.texts[sid])); !slices.Equal(held, slices.Sorted(slices.Values(t.texts))) {
			return fmt.Errorf("texts in the outbox: %q, should be %q", held, t.texts)
		}
		held, should := slices.Sorted(maps.Keys(now.uploads[sid])), slices.Sorted(maps.Keys(t.uploads))
		if !slices.Equal(held, should) {
			return fmt.Errorf("unresolved uploads: %v, should be %v", held, should)
		}
		if left := now.left[sid]; t.ended && strings.Trim(left, "ls") != "" {
			return fmt.Errorf("of a conversation that has ended these are left: %s", left)
		}
	}
	return nil
}

// plainName is a secret's name without the place where it is: a prekey moves from
// the stock into a pair, a pair from an upload into the conversation.
func plainName(name string) string {
	if id, ok := strings.CutPrefix(name, "stock "); ok {
		return "own " + id
	}
	_, what, _ := strings.Cut(name, ": ")
	if strings.HasPrefix(what, "key ") {
		return "own " + what[len("key 1 "):]
	}
	return what
}

// newSession finds a session key of a pair that was never seen before.
func (p *inspected) newSession(where string, now holdings, mine []pair.Ref) (id pair.KeyID, found bool) {
	for name := range now.where {
		digits, ok := strings.CutPrefix(name, where+": key 2 ")
		if !ok {
			continue
		}
		_, seen := p.named["own "+digits]
		if id := keyID(digits); !seen && !slices.Contains(mine, pair.Ref{Kind: pair.Session, ID: id}) {
			return id, true
		}
	}
	return id, false
}

func except(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// leftovers looks through all bytes, stored and in memory, for secrets that were
// once held and are gone. In memory, channels alone may hold any.
func (p *inspected) leftovers(u *User, now holdings) error {
	current := map[secret]bool{}
	for _, s := range now.where {
		current[s] = true
	}
	var inMemory [][]byte
	volatile := walk(u.Machine, func(b []byte) { inMemory = append(inMemory, b) })
	links := map[string][]string{}
	for s, paths := range volatile {
		current[s] = true
		for _, path := range paths {
			if path == ".self.Secret" {
				continue
			}
			rest, ok := strings.CutPrefix(path, ".vol.links[")
			if !ok {
				return fmt.Errorf("a secret in memory at %s", path)
			}
			links[rest[:1]] = append(links[rest[:1]], rest[3:])
		}
		if _, ok := p.ever[s]; !ok {
			p.ever[s] = paths[0]
		}
	}
	phases := reflect.ValueOf(u.Machine).Elem().FieldByName("vol").FieldByName("links")
	for i := range phases.Len() {
		paths := links[fmt.Sprint(i)]
		slices.Sort(paths)
		if may := linkSecrets[phases.Index(i).FieldByName("phase").Uint()]; !slices.Contains(may, strings.Join(paths, " ")) {
			return fmt.Errorf("the connection to provider %d holds %v", i, paths)
		}
	}
	search := func(b []byte) string {
		for i := 0; i+len(secret{}) <= len(b); i++ {
			if s := secret(b[i:]); p.ever[s] != "" && !current[s] {
				return p.ever[s]
			}
		}
		return ""
	}
	for _, b := range inMemory {
		if what := search(b); what != "" {
			return fmt.Errorf("%s is gone, and still in memory", what)
		}
	}
	var err error
	_ = u.Store.Scan(nil, nil, func(k, v []byte) bool {
		if what := search(v); what != "" {
			err = fmt.Errorf("%s is gone, and still in record %q", what, k)
		}
		return err == nil
	})
	return err
}

// linkSecrets is what the connection to one provider may hold, by its phase: down,
// dialling, confirming, welcomed; then also at each stage of a renewal.
var linkSecrets = [][]string{
	{""},
	{"dialling.e dialling.self.Secret"},
	{"conn.auth.key conn.recv.key conn.self.Secret conn.send.key"},
	{
		"conn.auth.key conn.recv.key conn.self.Secret conn.send.key",
		"conn.auth.key conn.recv.key conn.renewal(awaitReply).d.e conn.renewal(awaitReply).d.self.Secret conn.self.Secret conn.send.key",
		"conn.auth.key conn.recv.key conn.renewal(awaitDone).auth.key conn.renewal(awaitDone).recv conn.self.Secret conn.send.key",
		"conn.auth.key conn.recv.key conn.renewal(awaitServer).auth.key conn.self.Secret conn.send.key",
	},
}

// tellInspected tells a tale under inspection.
func tellInspected(ta *tale, r run, spoil func(t *teller)) (*inspector, error) {
	var in *inspector
	r.watch = func(t *teller) error {
		if in == nil {
			in = inspect(t)
		}
		if spoil != nil {
			spoil(t)
		}
		return in.look()
	}
	_, err := ta.tell(r)
	return in, err
}

// After each step of everybody, in every tale, also with crashes anywhere, all
// stores and memories hold just what they should.
func TestKeyLives(t *testing.T) {
	all := slices.Concat(tales, unruly)
	for i := range all {
		ta := &all[i]
		t.Run(ta.name, func(t *testing.T) {
			in, err := tellInspected(ta, run{seed: 5, suite: suite.Default}, nil)
			require.NoError(t, err)
			ever := 0
			for _, u := range in.users {
				ever += len(u.ever)
			}
			t.Logf("%d looks, %d secrets", in.looks, ever)
			whole, err := ta.tell(run{seed: 5, suite: Cheap})
			require.NoError(t, err)
			points := whole.points(true)
			parallel(t, 6, func(i int) error {
				r := run{seed: 5, suite: Cheap, crash: []CrashPoint{points[rand.New(rand.NewPCG(uint64(i), 3)).IntN(len(points))]}}
				if _, err := tellInspected(ta, r, nil); err != nil {
					return fmt.Errorf("%v: %w", r, err)
				}
				return nil
			})
		})
	}
}
