package vectors_test

import (
	"github.com/stretchr/testify/require"

	"cowpi.example/cowpi/channel"
	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

// sessionVector is what a handshake starts from.
type sessionVector struct {
	Client self         `json:"client"`
	Role   channel.Role `json:"role"`
	Server self         `json:"server"`
	Dial   draws        `json:"dial"`
	Accept draws        `json:"accept"`
	Finish draws        `json:"finish"`
}

type channelVector struct {
	head
	sessionVector
	Msg1 bin `json:"msg1"`
	Msg2 bin `json:"msg2"`
	Msg3 bin `json:"msg3"`
	// One of them is replaced by these bytes.
	Message string `json:"message"`
	Bytes   bin    `json:"bytes"`
	// What leads to the messages, and what comes out.
	Ec      bin `json:"E_c"`
	Es      bin `json:"E_s"`
	Xc      bin `json:"X_c"`
	Ys      bin `json:"Y_s"`
	EE      bin `json:"ee"`
	ES      bin `json:"es"`
	HT1     bin `json:"T1"`
	T1      bin `json:"t1"`
	HT2     bin `json:"T2"`
	T2      bin `json:"t2"`
	HT3     bin `json:"T3"`
	K       bin `json:"K"`
	AK      bin `json:"AK"`
	KeyID   bin `json:"auth_key_id"`
	C2S     bin `json:"client_chain"`
	S2C     bin `json:"provider_chain"`
	Confirm bin `json:"confirm"`
	Welcome bin `json:"welcome"`
}

// link is both ends of a channel. msgs are the three messages and the client's
// first frame.
type link struct {
	client, server channel.Conn
	msgs           [4][]byte
}

// connect runs a handshake. tamper, if there is one, delivers a bad message
// before each genuine one.
func connect(t checker, v sessionVector, fromTape bool, tamper func(name string, deliver func(msg []byte) error)) link {
	s := suite.Default
	client, server := v.Client.self(), v.Server.self()
	if tamper == nil {
		tamper = func(string, func([]byte) error) {}
	}
	var l link
	dialling, msg1, err := channel.Dial(s, client, v.Role, server.Party(), v.Dial.source(t, client.Secret, fromTape))
	require.NoError(t, err)
	tamper("msg1", func(msg []byte) error {
		_, _, err := channel.Accept(s, server, msg, v.Accept.source(t, server.Secret, fromTape))
		return err
	})
	answering, msg2, err := channel.Accept(s, server, msg1, v.Accept.source(t, server.Secret, fromTape))
	require.NoError(t, err)
	tamper("msg2", func(msg []byte) error {
		_, _, err := dialling.Finish(msg, v.Finish.source(t, client.Secret, fromTape))
		return err
	})
	var out [][]byte
	l.client, out, err = dialling.Finish(msg2, v.Finish.source(t, client.Secret, fromTape))
	require.NoError(t, err)
	require.Len(t, out, 2)
	tamper("msg3", func(msg []byte) error {
		_, err := answering.Finish(msg)
		return err
	})
	l.server, err = answering.Finish(out[0])
	require.NoError(t, err)
	require.Equal(t, channel.Peer{Party: client.Party(), Role: v.Role}, l.server.Peer())
	require.Equal(t, server.Party(), l.client.Peer().Party)
	l.msgs = [4][]byte{msg1, msg2, out[0], out[1]}
	return l
}

func runChannel(t checker, v channelVector) {
	if v.Error != "" {
		refused := false
		l := connect(t, v.sessionVector, false, func(name string, deliver func([]byte) error) {
			if name == v.Message {
				refused = true
				requireRefused(t, v.Error, deliver(v.Bytes))
			}
		})
		require.True(t, refused)
		v.requireMessages(t, l)
		return
	}
	requireOwn(t, v.Client)
	requireOwn(t, v.Server)
	for _, fromTape := range []bool{false, true} {
		l := connect(t, v.sessionVector, fromTape, nil)
		v.requireMessages(t, l)
		for _, c := range []channel.Conn{l.client, l.server} {
			ak, id := c.AK(), c.AuthKeyID()
			equal(t, v.AK, ak[:])
			equal(t, v.KeyID, id[:])
		}
		equal(t, v.Confirm, l.msgs[3])
		server, opened, err := l.server.Open(l.msgs[3], suite.Coins{})
		require.NoError(t, err)
		require.True(t, opened.Confirmed)
		_, frame, err := server.Seal([]byte("welcome"))
		require.NoError(t, err)
		equal(t, v.Welcome, frame)
	}
	v.requireDetails(t)
}

func (v channelVector) requireMessages(t checker, l link) {
	equal(t, v.Msg1, l.msgs[0])
	equal(t, v.Msg2, l.msgs[1])
	equal(t, v.Msg3, l.msgs[2])
}

// requireDetails follows the handshake on the suite, with the coins of both sides.
func (v channelVector) requireDetails(t checker) {
	s := suite.Default
	client, server := v.Client.self(), v.Server.self()
	ec, es := suite.Scalar(v.Dial.Coins["channel ephemeral"]), suite.Scalar(v.Accept.Coins["channel ephemeral"])
	Ec, Es := s.Public(ec), s.Public(es)
	own := naxos.Ephemeral{ESK: suite.Coin(v.Finish.Coins["channel naxos"])}
	Xc := own.Public(s, client)
	Ys := naxos.Ephemeral{ESK: suite.Coin(v.Accept.Coins["channel naxos"])}.Public(s, server)
	equal(t, v.Ec, Ec[:])
	equal(t, v.Es, Es[:])
	equal(t, v.Xc, Xc[:])
	equal(t, v.Ys, Ys[:])
	ee, err := s.DH(ec, Es)
	require.NoError(t, err)
	e2, err := s.DH(ec, server.Key)
	require.NoError(t, err)
	equal(t, v.EE, ee[:])
	equal(t, v.ES, e2[:])
	T1, T2 := s.Hash("handshake 1", v.Msg1, v.Es), s.Hash("handshake 2", v.Msg1, v.Msg2)
	T3 := s.Hash("handshake 3", v.Msg1, v.Msg2, v.Msg3)
	equal(t, v.HT1, T1[:])
	equal(t, v.HT2, T2[:])
	equal(t, v.HT3, T3[:])
	equal(t, v.T1, s.KDF("handshake key 1", suite.KeySize, v.EE, v.ES, v.HT1))
	equal(t, v.T2, s.KDF("handshake key 2", suite.KeySize, v.EE, v.ES, v.HT2))
	context := wire.NewWriter(64).Field([]byte("channel")).Field(T3[:]).Bytes()
	K, err := naxos.InitiateWith(s, client, own, Xc, naxos.Peer{Party: server.Party(), Ephemeral: Ys}, context)
	require.NoError(t, err)
	equal(t, v.K, K[:])
	equal(t, v.AK, s.KDF("auth key", suite.KeySize, v.K))
	equal(t, v.KeyID, s.KDF("auth key id", 8, v.AK))
	equal(t, v.C2S, s.KDF("client chain", suite.KeySize, v.K))
	equal(t, v.S2C, s.KDF("provider chain", suite.KeySize, v.K))
	for chain, frame := range map[*bin]bin{&v.C2S: v.Confirm, &v.S2C: v.Welcome} {
		key := s.KDF("frame chain", 2*suite.KeySize, *chain)[:suite.KeySize]
		_, ok := s.Open("frame", suite.Key(key), [suite.NonceSize]byte{}, frame)
		require.True(t, ok)
	}
}

type frameStep struct {
	Op      string      `json:"op"`
	By      string      `json:"by"`
	Payload bin         `json:"payload"`
	Frame   bin         `json:"frame"`
	Coins   string      `json:"coins"` // step of the inner handshake
	Replies []bin       `json:"replies"`
	Renewed bool        `json:"renewed"`
	Count   int         `json:"count"`
	Error   fault.Check `json:"error"`
}

type framesVector struct {
	head
	sessionVector
	Steps []frameStep `json:"steps"`
	Inner *struct {
		Dial   draws `json:"dial"`
		Accept draws `json:"accept"`
		Finish draws `json:"finish"`
		Msg1   bin   `json:"msg1"`
		Msg2   bin   `json:"msg2"`
		Msg3   bin   `json:"msg3"`
		AK     bin   `json:"AK"`
		KeyID  bin   `json:"auth_key_id"`
	} `json:"inner"`
}

// runFrames runs a script of frames in both directions after a handshake.
func runFrames(t checker, v framesVector) {
	requireOwn(t, v.Client)
	requireOwn(t, v.Server)
	tapes := []bool{false}
	if v.Error == "" {
		tapes = append(tapes, true)
	}
	for _, fromTape := range tapes {
		l := connect(t, v.sessionVector, fromTape, nil)
		refused := fault.Check("")
		for _, step := range v.Steps {
			if step.Error != "" {
				refused = step.Error
			}
			v.step(t, &l, step, fromTape)
		}
		require.Equal(t, v.Error, refused)
		if v.Inner != nil { // the messages are those of a handshake on its own
			inner := sessionVector{v.Client, v.Role, v.Server, v.Inner.Dial, v.Inner.Accept, v.Inner.Finish}
			alone := connect(t, inner, fromTape, nil)
			equal(t, v.Inner.Msg1, alone.msgs[0])
			equal(t, v.Inner.Msg2, alone.msgs[1])
			equal(t, v.Inner.Msg3, alone.msgs[2])
			for _, c := range []channel.Conn{l.client, l.server} {
				ak, id := c.AK(), c.AuthKeyID()
				equal(t, v.Inner.AK, ak[:])
				equal(t, v.Inner.KeyID, id[:])
			}
		}
	}
}

func (v framesVector) step(t checker, l *link, step frameStep, fromTape bool) {
	me, peer, self := &l.client, &l.server, v.Client.self()
	if step.By == "server" {
		me, peer, self = &l.server, &l.client, v.Server.self()
	}
	var frame []byte
	var err error
	switch step.Op {
	case "confirm": // made by Finish
		equal(t, step.Frame, l.msgs[3])
	case "seal":
		*me, frame, err = me.Seal(step.Payload)
		require.NoError(t, err)
		equal(t, step.Frame, frame)
	case "burst": // so many empty frames, sealed and opened
		for range step.Count {
			*me, frame, err = me.Seal(nil)
			require.NoError(t, err)
			*peer, _, err = peer.Open(frame, suite.Coins{})
			require.NoError(t, err)
		}
	case "exhausted":
		_, _, err = me.Seal(nil)
		require.ErrorIs(t, err, channel.ErrExhausted)
	case "renew":
		*me, frame, err = me.Renew(v.innerCoins(t, "dial", self, fromTape))
		require.NoError(t, err)
		equal(t, step.Frame, frame)
	case "open":
		next, opened, err := me.Open(step.Frame, v.innerCoins(t, step.Coins, self, fromTape))
		if step.Error != "" {
			requireRefused(t, step.Error, err)
			require.Equal(t, *me, next, "a refusal changes nothing")
			require.Zero(t, opened)
			return
		}
		require.NoError(t, err)
		equal(t, step.Payload, opened.Data)
		require.Equal(t, len(step.Payload) > 0, opened.HasData)
		require.Equal(t, step.Renewed, opened.Renewed)
		require.Equal(t, len(step.Replies), len(opened.Replies))
		for i := range step.Replies {
			equal(t, step.Replies[i], opened.Replies[i])
		}
		*me = next
	default:
		require.Fail(t, "unknown op "+step.Op)
	}
}

// innerCoins are the coins of a step of the inner handshake; of all others none.
func (v framesVector) innerCoins(t checker, step string, self identity.Self, fromTape bool) suite.Coins {
	if step == "" {
		return suite.NewCoins(suite.Default, suite.Seed{}, self.Secret, 0)
	}
	require.NotNil(t, v.Inner)
	return map[string]draws{"dial": v.Inner.Dial, "accept": v.Inner.Accept, "finish": v.Inner.Finish}[step].
		source(t, self.Secret, fromTape)
}
