package channel

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/suite"
)

// stages runs an inner handshake and returns both ends before each frame, and
// the frame: to the server, to the client, and so on, as the diagram in renew.go.
type stage struct {
	cli, srv Conn
	toServer bool
	frame    []byte
}

func stages(t require.TestingT, cli, srv Conn) []stage {
	cli, msg1, err := cli.Renew(coins(alice, 11))
	require.NoError(t, err)
	var out []stage
	open := func(c *Conn, frame []byte, n uint64) Opened {
		out = append(out, stage{cli, srv, c == &srv, frame})
		next, got, err := c.Open(frame, coins(c.self, n))
		require.NoError(t, err)
		require.False(t, got.HasData)
		*c = next
		return got
	}
	got := open(&srv, msg1, 12)
	require.Len(t, got.Replies, 1)
	got = open(&cli, got.Replies[0], 13)
	require.Len(t, got.Replies, 2)
	msg3, first := got.Replies[0], got.Replies[1]
	require.Equal(t, Opened{}, open(&srv, msg3, 14))
	got = open(&srv, first, 15)
	require.True(t, got.Renewed)
	require.Len(t, got.Replies, 2)
	done, first := got.Replies[0], got.Replies[1]
	require.Equal(t, Opened{}, open(&cli, done, 16))
	require.Equal(t, Opened{Renewed: true}, open(&cli, first, 17))
	return append(out, stage{cli: cli, srv: srv})
}

func renew(t require.TestingT, cli, srv Conn) (Conn, Conn) {
	all := stages(t, cli, srv)
	return all[len(all)-1].cli, all[len(all)-1].srv
}

func TestRenewalGivesNewKeys(t *testing.T) {
	cli, srv := connected(t)
	seen := map[suite.Key]bool{cli.AK(): true}
	ids := map[[8]byte]bool{cli.AuthKeyID(): true}
	for i := range 3 {
		next, after := renew(t, cli, srv)
		require.Equal(t, next.AK(), after.AK())
		require.Equal(t, next.AuthKeyID(), after.AuthKeyID())
		if i == 0 { // the later ones use the same coins, and other chains
			require.False(t, seen[next.AK()])
			require.False(t, ids[next.AuthKeyID()])
		}
		require.False(t, next.Renewing())
		require.False(t, after.Renewing())
		require.EqualValues(t, 1, next.send.n)
		require.EqualValues(t, 1, next.recv.n)
		cli, srv = pass(t, next, after, "up")
		srv, cli = pass(t, srv, cli, "down")
	}
}

// AK changes at the provider first: a client never uses one that the provider
// does not know. And it changes once.
func TestRenewalChangesAKAtTheProviderFirst(t *testing.T) {
	cli, srv := connected(t)
	old := cli.AK()
	all := stages(t, cli, srv)
	fresh := all[len(all)-1].cli.AK()
	for i, st := range all {
		require.Contains(t, []suite.Key{old, fresh}, st.cli.AK())
		if st.cli.AK() == fresh {
			require.Equal(t, fresh, st.srv.AK(), "stage %d", i)
		}
	}
	require.Equal(t, old, all[4].cli.AK())
	require.Equal(t, fresh, all[4].srv.AK())
}

// F4: in each state of each side, each message of an inner handshake but the one
// whose turn it is; then the right one.
func TestF4Order(t *testing.T) {
	cli, srv := connected(t)
	all := stages(t, cli, srv)
	const none = -1 // an empty data frame's turn, or nothing's
	awaited := map[bool][]int{
		false: {Msg2Size, Msg2Size, 0, 0, 0, none, none},
		true:  {Msg1Size, Msg3Size, Msg3Size, none, Msg1Size, Msg1Size, Msg1Size},
	}
	for i, st := range all {
		for toServer, c := range map[bool]Conn{false: st.cli, true: st.srv} {
			for _, n := range []int{0, 1, Msg1Size, Msg2Size, Msg3Size} {
				if n != awaited[toServer][i] {
					refused(t, fault.F4, c, forgeFrame(c.recv, encodeFrame(kindHandshake, make([]byte, n))))
				}
			}
			if toServer == st.toServer && st.frame != nil {
				_, _, err := c.Open(st.frame, coins(c.self, 50))
				require.NoError(t, err)
			}
		}
	}
	// The first frame under the new keys carries no data.
	for _, c := range []Conn{all[3].srv, all[5].cli} {
		refused(t, fault.F4, c, forgeFrame(c.recv, encodeFrame(kindData, []byte("data"))))
		next, got, err := c.Open(forgeFrame(c.recv, encodeFrame(kindData, nil)), suite.Coins{})
		require.NoError(t, err)
		require.True(t, got.Renewed)
		require.False(t, next.Renewing())
	}
	// One at a time, and by the client.
	for _, st := range all[:len(all)-1] {
		next, frame, err := st.cli.Renew(coins(alice, 30))
		misuse(t, err)
		require.Nil(t, frame)
		require.Equal(t, st.cli, next)
	}
	_, _, err := srv.Renew(coins(router, 30))
	misuse(t, err)
}

// F4: the client of an inner handshake is that of the channel.
func TestF4TheClientStaysTheSame(t *testing.T) {
	reply := func(change func(*Conn)) (Conn, []byte) {
		cli, srv := connected(t)
		change(&cli)
		cli, msg1, err := cli.Renew(coins(alice, 11))
		require.NoError(t, err)
		srv, got, err := srv.Open(msg1, coins(router, 12))
		require.NoError(t, err)
		_, got, err = cli.Open(got.Replies[0], coins(alice, 13))
		require.NoError(t, err)
		return srv, got.Replies[0]
	}
	for name, change := range map[string]func(*Conn){
		"id":   func(c *Conn) { c.self.ID = "alicf" },
		"key":  func(c *Conn) { c.self = party("alice2"); c.self.ID = alice.ID },
		"role": func(c *Conn) { c.role = RoleRouter },
		"all":  func(c *Conn) { c.self = mallory },
	} {
		t.Run(name, func(t *testing.T) {
			srv, msg3 := reply(change)
			refused(t, fault.F4, srv, msg3)
		})
	}
	srv, msg3 := reply(func(*Conn) {})
	_, _, err := srv.Open(msg3, suite.Coins{})
	require.NoError(t, err)
}

// The checks of the handshake hold inside as outside: the client still insists
// on the provider that it dialled (H1, H2), the provider on the seal of msg3 (H3)
// and the secret of the client (F1), both on good keys (W3).
func TestInnerHandshakeIsChecked(t *testing.T) {
	cli, srv := connected(t)
	for f, change := range map[fault.Check]func(*Conn){
		fault.H1: func(c *Conn) { c.self.Secret = mallory.Secret },
		fault.H2: func(c *Conn) { c.self.ID = "router2.example" },
	} {
		other := srv
		change(&other)
		next, msg1, err := cli.Renew(coins(alice, 11))
		require.NoError(t, err)
		_, got, err := other.Open(msg1, coins(other.self, 12))
		require.NoError(t, err)
		refused(t, f, next, got.Replies[0])
	}
	all := stages(t, cli, srv)
	refused(t, fault.H3, all[2].srv, forgeFrame(all[2].srv.recv, encodeFrame(kindHandshake, make([]byte, Msg3Size))))
	refused(t, fault.W3, all[0].srv, forgeFrame(all[0].srv.recv, encodeFrame(kindHandshake, make([]byte, Msg1Size))))

	// Whoever read the channel's keys, but not Alice's secret, renews nothing.
	thief := cli
	thief.self.Secret = mallory.Secret
	thief, msg1, err := thief.Renew(coins(alice, 11))
	require.NoError(t, err)
	s2, got, err := srv.Open(msg1, coins(router, 12))
	require.NoError(t, err)
	_, got, err = thief.Open(got.Replies[0], coins(alice, 13))
	require.NoError(t, err)
	s2, _, err = s2.Open(got.Replies[0], suite.Coins{})
	require.NoError(t, err)
	refused(t, fault.F1, s2, got.Replies[1])
	require.Equal(t, srv.AK(), s2.AK())

	cli, srv = renew(t, cli, srv)
	pass(t, cli, srv, "control")
}

// Every change to every frame of an inner handshake is refused, and then the
// genuine one accepted (stages does that).
func TestEveryChangeOfARenewalIsRefused(t *testing.T) {
	cli, srv := connected(t)
	for _, st := range stages(t, cli, srv) {
		c := st.cli
		if st.toServer {
			c = st.srv
		}
		for i := range st.frame {
			refused(t, fault.F1, c, flipped(st.frame, i))
		}
	}
}

// end is one end in the random test below, with the frames on their way to it
// and the data that they should bring.
type end struct {
	conn Conn
	in   [][]byte
	want []string
	old  [][]byte // frames that it has opened
}

// Two ends over two ordered links, with data, renewals and an adversary in any
// order: each end gets exactly what the other one sent, in order.
func TestTrafficAndRenewalsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cli, srv := connected(t)
		ends := [2]*end{{conn: cli}, {conn: srv}}
		step, renewed := uint64(100), [2]int{}
		pick := func(t *rapid.T) (*end, *end, int) {
			i := rapid.IntRange(0, 1).Draw(t, "end")
			return ends[i], ends[1-i], i
		}
		deliver := func(t *rapid.T, me, peer *end, i int) {
			step++
			next, got, err := me.conn.Open(me.in[0], coins(me.conn.self, step))
			require.NoError(t, err)
			me.conn, me.old, me.in = next, append(me.old, me.in[0]), me.in[1:]
			peer.in = append(peer.in, got.Replies...)
			require.False(t, got.Confirmed)
			if got.HasData {
				require.NotEmpty(t, me.want)
				require.Equal(t, me.want[0], string(got.Data))
				me.want = me.want[1:]
			}
			if got.Renewed {
				renewed[i]++
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				me, peer, _ := pick(t)
				step++
				text := fmt.Sprintf("%d %s", step, rapid.StringN(0, 300, -1).Draw(t, "text"))
				next, frame, err := me.conn.Seal([]byte(text))
				require.NoError(t, err)
				me.conn = next
				peer.in, peer.want = append(peer.in, frame), append(peer.want, text)
			},
			"renew": func(t *rapid.T) {
				step++
				next, frame, err := ends[0].conn.Renew(coins(alice, step))
				if ends[0].conn.Renewing() {
					misuse(t, err)
					return
				}
				require.NoError(t, err)
				ends[0].conn, ends[1].in = next, append(ends[1].in, frame)
			},
			"deliver": func(t *rapid.T) {
				if me, peer, i := pick(t); len(me.in) > 0 {
					deliver(t, me, peer, i)
				}
			},
			"attack": func(t *rapid.T) {
				me, peer, _ := pick(t)
				var frames [][]byte
				frames = append(append(frames, me.old...), peer.in...)
				if len(me.in) > 0 {
					frames = append(frames, me.in[1:]...)
					frames = append(frames, flipped(me.in[0], rapid.IntRange(0, len(me.in[0])-1).Draw(t, "byte")))
				}
				if len(frames) > 0 {
					refused(t, fault.F1, me.conn, rapid.SampledFrom(frames).Draw(t, "frame"))
				}
			},
			"": func(t *rapid.T) {
				require.GreaterOrEqual(t, renewed[1], renewed[0])
				require.LessOrEqual(t, renewed[1], renewed[0]+1)
				if renewed[0] == renewed[1] {
					require.Equal(t, ends[0].conn.AK(), ends[1].conn.AK())
				}
			},
		})
		for len(ends[0].in)+len(ends[1].in) > 0 {
			for i, me := range ends {
				if len(me.in) > 0 {
					deliver(t, me, ends[1-i], i)
				}
			}
		}
		for _, me := range ends {
			require.Empty(t, me.want)
			require.False(t, me.conn.Renewing())
			require.Equal(t, Peer{identity.Party{ID: me.conn.peer.ID, Key: me.conn.peer.Key}, me.conn.peer.Role}, me.conn.Peer())
		}
		require.Equal(t, renewed[0], renewed[1])
		require.Equal(t, ends[0].conn.AK(), ends[1].conn.AK())
	})
}
