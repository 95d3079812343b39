package cowpi

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/content"
	"cowpi.example/cowpi/conversation"
	"cowpi.example/cowpi/exchange"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/pair"
	"cowpi.example/cowpi/store"
	"cowpi.example/cowpi/suite"
)

// Benchmarks report ratios to one variable-base multiplication, measured in turns
// with what is measured, so that they mean the same on every machine and whatever
// else it does: xmul/recipient is CPU time of one core, B/recipient the bytes of an
// upload.
//
//	go test -run=- -bench . cowpi.example/cowpi

// scene is a group as two of its participants have it, without a network.
type scene struct {
	tb    testing.TB
	suite suite.Suite
	set   identity.Providers
	provs []identity.Self
	all   []identity.Self
	seed  byte
}

func newScene(tb testing.TB, n int) *scene {
	s := &scene{tb: tb, suite: suite.Default}
	var parties []identity.Party
	for i := range 3 {
		p := s.person(fmt.Sprintf("provider%d", i))
		s.provs, parties = append(s.provs, p), append(parties, p.Party())
	}
	var err error
	s.set, err = identity.NewProviders(s.suite, parties...)
	require.NoError(tb, err)
	for i := range n {
		s.all = append(s.all, s.person(fmt.Sprintf("user%04d", i)))
	}
	return s
}

func (s *scene) person(name string) identity.Self {
	h := s.suite.Hash("scene", []byte(name))
	self, err := identity.NewSelf(s.suite, identity.ID(name), h)
	require.NoError(s.tb, err)
	return self
}

// node is one participant, online with providers that only listen.
type node struct {
	*Participant
	*scene
	mem   store.Memory
	links []link
}

func (s *scene) node(i int) *node {
	p, err := New(Config{Self: s.all[i], Providers: s.set})
	require.NoError(s.tb, err)
	n := &node{Participant: p, scene: s}
	for j, prov := range s.provs {
		coins := suite.NewCoins(s.suite, suite.Seed{1}, p.self.Secret, uint64(j))
		d, m1, err := channel.Dial(s.suite, p.self, channel.RoleUser, prov.Party(), coins)
		require.NoError(s.tb, err)
		a, m2, err := channel.Accept(s.suite, prov, m1, coins)
		require.NoError(s.tb, err)
		conn, msgs, err := d.Finish(m2, coins)
		require.NoError(s.tb, err)
		server, err := a.Finish(msgs[0])
		require.NoError(s.tb, err)
		server, _, err = server.Open(msgs[1], coins)
		require.NoError(s.tb, err)
		_, frame, err := server.Seal(nil)
		require.NoError(s.tb, err)
		conn, _, err = conn.Open(frame, coins)
		require.NoError(s.tb, err)
		n.links = append(n.links, link{phase: linkWelcomed, conn: conn})
	}
	n.rewind()
	return n
}

// rewind puts the connections back, so that a step can be repeated. What a step
// leaves is its own, so it may be overwritten.
func (n *node) rewind() { n.vol.links = append(n.vol.links[:0], n.links...) }

// do is one step; its records are committed if keep is set.
func (n *node) do(keep bool, f func(s *step) error) Output {
	n.scene.seed++
	out, err := n.Step(&n.mem, inputFunc(f), suite.Seed{n.scene.seed}, 1)
	require.NoError(n.tb, err)
	if keep {
		n.mem.Commit(out.Records)
	}
	n.rewind()
	return out
}

type inputFunc func(*step) error

func (f inputFunc) apply(s *step) error { return f(s) }

// fetchedKeys are keys of all others, as a fetch brings them.
func (s *scene) fetchedKeys() (keys []exchange.FetchedKey, owners []naxos.Ephemeral) {
	for i, u := range s.all[1:] {
		e := naxos.Ephemeral{ESK: suite.Coin(s.suite.Hash("scene prekey", []byte{byte(i >> 8), byte(i)}))}
		owners = append(owners, e)
		keys = append(keys, exchange.FetchedKey{Party: u.Party(), Prekey: exchange.Prekey{
			ID: pair.KeyID{byte(i >> 8), byte(i), 1}, Y: e.Public(s.suite, u)}})
	}
	return keys, owners
}

func (n *node) setup(keep bool, keys []exchange.FetchedKey) Output {
	return n.do(keep, func(s *step) error { return s.writeSetup(operation{Nonce: [32]byte{7}, Keys: keys}) })
}

// uploaded finds what a participant recorded as its upload.
func (n *node) uploaded() (sid suite.Hash, p pending, u exchange.Upload) {
	n.do(false, func(s *step) error {
		return s.scan([]byte{keyUpload}, func(tail, value []byte) error {
			sid = suite.Hash(tail[:32])
			var err error
			if p, err = parsePending(tail[32:], value); err == nil {
				u, err = s.body(sid, p.Serial)
			}
			return err
		})
	})
	return sid, p, u
}

// deliver lets all providers deliver the same.
func (n *node) deliver(m exchange.Delivery) Output {
	return n.do(true, func(s *step) error {
		for i := range s.links {
			if err := s.delivered(i, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// author is a participant whose SETUP is accepted: its chains continue.
func (s *scene) author() (*node, suite.Hash, exchange.Upload) {
	a := s.node(0)
	keys, _ := s.fetchedKeys()
	a.setup(true, keys)
	sid, _, u := a.uploaded()
	a.deliver(exchange.Delivery{Sid: sid, Data: u.Data})
	return a, sid, u
}

// recipient is the second participant, to whom the SETUP was delivered: its
// chains are still to start.
func (s *scene) recipient(sid suite.Hash, u exchange.Upload) *node {
	b := s.node(1)
	_, eph := s.fetchedKeys()
	m := exchange.Delivery{Sid: sid, Data: u.Data, Block: u.Blocks[0]}
	b.do(true, func(st *step) error {
		put := func(i int, k own) {
			st.draft.Put(stockKey(1, uint16(i)), encodeOwn(k))
			st.draft.Put(byIDKey(k.ID), stockKey(1, uint16(i)))
		}
		put(0, own{pair.KeyID{0, 0, 1}, eph[0].ESK, eph[0].Public(s.suite, b.self)})
		for i := 2; i < len(s.all); i++ {
			e := naxos.Ephemeral{ESK: suite.Coin{byte(i >> 8), byte(i), 9}}
			k := own{pair.KeyID{byte(i >> 8), byte(i), 2}, e.ESK, e.Public(s.suite, b.self)}
			put(i, k)
			m.Assigned = append(m.Assigned, exchange.Assigned{Peer: s.all[i].ID, Mine: k.ID,
				Theirs: exchange.Prekey{ID: pair.KeyID{byte(i >> 8), byte(i), 3}, Y: k.Y}})
		}
		return nil
	})
	online := b.links
	b.links = make([]link, len(online)) // it writes no receipt while it is offline
	b.rewind()
	b.deliver(m)
	b.links = online
	b.do(true, func(st *step) error {
		c, err := st.local(sid)
		c.Owed = 0
		st.putLocal(sid, c)
		return err
	})
	return b
}

// each is the processor time that one of n calls of f takes.
func each(n int, f func()) time.Duration {
	start := cpuTime()
	for range n {
		f()
	}
	return (cpuTime() - start) / time.Duration(n)
}

// xmul measures one variable-base multiplication.
func xmul() time.Duration {
	p, x := suite.Default.Public(suite.Scalar{3}), suite.Scalar{5}
	return each(200, func() { p, _ = suite.Default.DH(x, p) })
}

func median[T cmp.Ordered](of []T) T {
	slices.Sort(of)
	return of[len(of)/2]
}

// perRecipient runs f on one core, in rounds of at least 20 ms: where much is
// allocated, they hold their share of garbage collection. It reports the median of what the rounds cost, each
// in multiplications that were measured right after it.
func perRecipient(b *testing.B, recipients int, metric string, f func()) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const round = 20 * time.Millisecond
	var costs []float64
	times, size, short := 0, 1, false
	start := cpuTime()
	for b.Loop() {
		f()
		if times++; times < size {
			continue
		}
		b.StopTimer()
		spent := cpuTime() - start
		if short { // the round before was only to find the size
			costs = costs[:0]
		}
		costs = append(costs, float64(spent)/float64(times)/float64(recipients)/float64(xmul()))
		if short = spent < round; short {
			size *= 2
		}
		times, start = 0, cpuTime()
		b.StartTimer()
	}
	cost := median(costs)
	b.ReportMetric(cost, metric)
	return cost
}

var groupSizes = []int{2, 8, 32, 128, 512}

func uploadSize(out Output) (n int) {
	for _, e := range out.Effects {
		if t, ok := e.(Transmit); ok {
			n += len(t.Bytes)
		}
	}
	return n
}

// BenchmarkSetup is the whole step that makes, records, authenticates and seals
// a SETUP. Its yardstick is 2 fixed-base and 3 variable-base multiplications a
// recipient; it should cost at most 1.1 times that (times-yardstick).
func BenchmarkSetup(b *testing.B) {
	for _, n := range groupSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			s := newScene(b, n)
			a := s.node(0)
			keys, _ := s.fetchedKeys()
			var out Output
			cost := perRecipient(b, n-1, "xmul/recipient", func() { out = a.setup(false, keys) })
			b.ReportMetric(float64(uploadSize(out))/float64(n-1), "B/recipient")
			reportYardstick(b, cost)
		})
	}
}

// reportYardstick reports the cost of 2 fixed-base and 3 variable-base
// multiplications, in variable-base ones, and how many times that a recipient costs.
func reportYardstick(b *testing.B, perRecipient float64) {
	ratios := make([]float64, 15)
	x := suite.Scalar{5}
	for i := range ratios {
		fixed := each(200, func() { x = suite.Scalar(suite.Default.Public(x)) })
		ratios[i] = 3 + 2*float64(fixed)/float64(xmul())
	}
	yardstick := median(ratios)
	b.ReportMetric(yardstick, "xmul/yardstick")
	b.ReportMetric(perRecipient/yardstick, "times-yardstick")
}

func benchSend(b *testing.B, make func(*scene) (*node, suite.Hash), report func(*testing.B, float64)) {
	for _, n := range groupSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			s := newScene(b, n)
			a, sid := make(s)
			var out Output
			cost := perRecipient(b, n-1, "xmul/recipient", func() {
				out = a.do(false, Send{sid, []byte("Lets go to the protest if 3 people want to?")}.apply)
			})
			b.ReportMetric(float64(uploadSize(out))/float64(n-1), "B/recipient")
			report(b, cost)
		})
	}
}

// BenchmarkSendStart is the whole step that sends a text with start forms. It
// should cost at most 1.1 times the yardstick of BenchmarkSetup.
func BenchmarkSendStart(b *testing.B) {
	benchSend(b, func(s *scene) (*node, suite.Hash) {
		_, sid, u := s.author()
		return s.recipient(sid, u), sid
	}, reportYardstick)
}

// BenchmarkSendContinue is the whole step that sends a text with continue forms. At
// n=128 it should cost at most 0.10 multiplications a recipient.
func BenchmarkSendContinue(b *testing.B) {
	benchSend(b, func(s *scene) (*node, suite.Hash) {
		a, sid, _ := s.author()
		return a, sid
	}, func(*testing.B, float64) {})
}

// opening measures what one recipient does to open an entry: hash the data block,
// open the block, check com, open the text.
func opening(b *testing.B, a *node, sid suite.Hash, start bool) {
	text := a.do(true, Send{sid, []byte("Me too.")}.apply)
	_ = text
	_, _, u := a.uploaded()
	d, err := conversation.Parse(a.scene.suite, u.Data)
	require.NoError(b, err)
	block := u.Blocks[0]
	require.Equal(b, start, len(block) == pair.StartSize)

	// The recipient's half of the pair, from the author's: the receive key that the
	// author's chain was started with is not known here, so a pair is made for it.
	reader := a.scene.all[0]
	if a.self.ID == reader.ID {
		reader = a.scene.all[1]
	}
	e := naxos.Ephemeral{ESK: suite.Coin{4}}
	readerTerms := pair.NewTerms(a.scene.suite, reader, a.self.Party(), sid, 0, 0)
	authorTerms := pair.NewTerms(a.scene.suite, a.self, reader.Party(), sid, 0, 0)
	var from, to pair.State
	from.Send, err = from.Send.Assign(pair.KeyID{1}, e.Public(a.scene.suite, reader))
	require.NoError(b, err)
	to.Receive, err = to.Receive.Assign(pair.KeyID{1}, e.ESK, e.Public(a.scene.suite, reader))
	require.NoError(b, err)
	coins := suite.NewCoins(a.scene.suite, suite.Seed{8}, a.self.Secret, 1)
	seal := func(i uint32) []byte {
		sealed, err := authorTerms.Seal(from, d.Hash(), suite.Key{9}, coins, i)
		require.NoError(b, err)
		from = sealed.State
		return sealed.Block
	}
	block = seal(1)
	if !start {
		opened, err := readerTerms.Open(to, d.Hash(), block, true)
		require.NoError(b, err)
		to = opened.State
		from.Send, _ = from.Send.Confirm(block)
		block = seal(2)
	}
	msg := &conversation.DataBlock{Sid: sid, Type: conversation.MSG, Seq: 1}
	require.NoError(b, content.Seal(a.scene.suite, msg, suite.Key{9}, content.Plain{Text: []byte("Me too.")}))
	perRecipient(b, 1, "xmul/op", func() {
		a.scene.suite.Hash("data block", msg.Raw())
		opened, err := readerTerms.Open(to, d.Hash(), block, true)
		if err == nil {
			err = content.Fits(a.scene.suite, msg, opened.Key)
		}
		if err == nil {
			_, err = content.Open(a.scene.suite, msg, opened.Key)
		}
		if err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkOpenStart opens a text whose block starts a chain. It should cost at most
// 3.3 multiplications.
func BenchmarkOpenStart(b *testing.B) {
	s := newScene(b, 3)
	_, sid, u := s.author()
	opening(b, s.recipient(sid, u), sid, true)
}

// BenchmarkOpenContinue opens a text whose block goes on with a chain. It should
// cost at most 0.15 multiplications.
func BenchmarkOpenContinue(b *testing.B) {
	a, sid, _ := newScene(b, 3).author()
	opening(b, a, sid, false)
}

// BenchmarkTwoCores compares sending to 127 recipients with one core and with all.
// Two should be at least 1.7 times faster, where bare multiplications are: on a
// machine that shares its cores with others not even they always are.
func BenchmarkTwoCores(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("SKIPPED: this machine has one core")
	}
	s := newScene(b, 128)
	_, sid, u := s.author()
	r := s.recipient(sid, u)
	send := func() time.Duration {
		start := time.Now()
		r.do(false, Send{sid, []byte("Yes, me too.")}.apply)
		return time.Since(start)
	}
	bare := func() time.Duration {
		start := time.Now()
		fork(128, func(i int) {
			p, x := s.all[i].Key, suite.Scalar{5}
			for range 4 {
				p, _ = suite.Default.DH(x, p)
			}
		})
		return time.Since(start)
	}
	// Others on the machine only ever make it slower: the fastest counts.
	one, all, bareOne, bareAll := time.Hour, time.Hour, time.Hour, time.Hour
	for b.Loop() {
		procs := runtime.GOMAXPROCS(1)
		one, bareOne = min(one, send()), min(bareOne, bare())
		runtime.GOMAXPROCS(procs)
		all, bareAll = min(all, send()), min(bareAll, bare())
	}
	b.ReportMetric(float64(one)/float64(all), "times-faster")
	b.ReportMetric(float64(bareOne)/float64(bareAll), "times-faster-bare")
}

// The scene is what the benchmarks claim: blocks have their sizes, and a step that
// is repeated gives the same.
func TestBenchmarkScene(t *testing.T) {
	s := newScene(t, 40)
	a, sid, u := s.author()
	require.Len(t, u.Blocks, 39)
	for _, b := range u.Blocks {
		require.Len(t, b, 134)
	}
	r := s.recipient(sid, u)
	for n, size := range map[*node]int{a: 53, r: 134} {
		before := maps.Clone(recordsOf(t, &n.mem))
		n.do(true, Send{sid, []byte("hello")}.apply)
		_, _, up := n.uploaded()
		require.Len(t, up.Blocks, 39)
		same := 0
		for _, b := range up.Blocks {
			if len(b) == size {
				same++
			}
		}
		require.GreaterOrEqual(t, same, 38)
		require.NotEqual(t, before, recordsOf(t, &n.mem))
	}
}

func recordsOf(t testing.TB, v store.View) map[string]string {
	out := map[string]string{}
	require.NoError(t, v.Scan(nil, nil, func(k, v []byte) bool {
		out[string(k)] = string(v)
		return true
	}))
	return out
}
