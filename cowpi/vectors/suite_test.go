package vectors_test

import (
	"crypto/hkdf"
	"crypto/sha256"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"

	"cowpi.example/cowpi/fault"
	"cowpi.example/cowpi/identity"
	"cowpi.example/cowpi/naxos"
	"cowpi.example/cowpi/suite"
	"cowpi.example/cowpi/wire"
)

type primitiveVector struct {
	head
	Scalar    bin    `json:"scalar"`
	U         bin    `json:"u"`
	Count     int    `json:"count"`
	A         bin    `json:"a"`
	PA        bin    `json:"A"`
	B         bin    `json:"b"`
	PB        bin    `json:"B"`
	IKM       bin    `json:"ikm"`
	Salt      bin    `json:"salt"`
	Info      bin    `json:"info"`
	Length    int    `json:"length"`
	PRK       bin    `json:"prk"`
	Key       bin    `json:"key"`
	Counter   uint32 `json:"counter"`
	Nonce     bin    `json:"nonce"`
	AD        bin    `json:"ad"`
	Plaintext bin    `json:"plaintext"`
	Output    bin    `json:"output"`
}

// runPrimitive runs the vectors of the RFCs: X25519 through the suite, the others
// on what the suite is built of, because it labels all their inputs.
func runPrimitive(t checker, v primitiveVector) {
	dh := func(k, u []byte) []byte {
		out, err := suite.Default.DH(suite.Scalar(k), suite.Point(u))
		require.NoError(t, err)
		return out[:]
	}
	switch v.Op {
	case "x25519":
		equal(t, v.Output, dh(v.Scalar, v.U))
	case "x25519-iterated":
		k, u := append([]byte{9}, make([]byte, 31)...), append([]byte{9}, make([]byte, 31)...)
		for range v.Count {
			k, u = dh(k, u), k
		}
		equal(t, v.Output, k)
	case "x25519-exchange":
		A, B := suite.Default.Public(suite.Scalar(v.A)), suite.Default.Public(suite.Scalar(v.B))
		equal(t, v.PA, A[:])
		equal(t, v.PB, B[:])
		equal(t, v.Output, dh(v.A, v.PB))
		equal(t, v.Output, dh(v.B, v.PA))
	case "hkdf":
		prk, err := hkdf.Extract(sha256.New, v.IKM, v.Salt)
		require.NoError(t, err)
		equal(t, v.PRK, prk)
		okm, err := hkdf.Expand(sha256.New, prk, string(v.Info), v.Length)
		require.NoError(t, err)
		equal(t, v.Output, okm)
	case "chacha20":
		c, err := chacha20.NewUnauthenticatedCipher(v.Key, v.Nonce)
		require.NoError(t, err)
		c.SetCounter(v.Counter)
		out := make([]byte, len(v.Plaintext))
		c.XORKeyStream(out, v.Plaintext)
		equal(t, v.Output, out)
	case "aead":
		a, err := chacha20poly1305.New(v.Key)
		require.NoError(t, err)
		equal(t, v.Output, a.Seal(nil, v.Nonce, v.Plaintext, v.AD))
		plain, err := a.Open(nil, v.Nonce, v.Output, v.AD)
		require.NoError(t, err)
		equal(t, v.Plaintext, plain)
	default:
		require.Fail(t, "unknown op "+v.Op)
	}
}

type suiteVector struct {
	head
	Purpose   suite.Purpose `json:"purpose"`
	Fields    []bin         `json:"fields"`
	Length    int           `json:"length"`
	Key       bin           `json:"key"`
	Nonce     bin           `json:"nonce"`
	Plaintext bin           `json:"plaintext"`
	AD        []bin         `json:"ad"`
	Sealed    bin           `json:"sealed"`
	Seed      bin           `json:"seed"`
	Secret    bin           `json:"secret"`
	Counter   uint64        `json:"counter"`
	Index     uint32        `json:"index"`
	Lane      uint32        `json:"lane"`
	ESK       bin           `json:"esk"`
	Scalar    bin           `json:"scalar"`
	Point     bin           `json:"point"`
	Random    bin           `json:"random"`
	Output    bin           `json:"output"`
}

func runSuite(t checker, v suiteVector) {
	s := suite.Default
	switch v.Op {
	case "hash":
		got := s.Hash(v.Purpose, plain(v.Fields)...)
		equal(t, v.Output, got[:])
	case "kdf":
		equal(t, v.Output, s.KDF(v.Purpose, v.Length, plain(v.Fields)...))
	case "seal", "open":
		nonce := [suite.NonceSize]byte(v.Nonce)
		got, ok := s.Open(v.Purpose, suite.Key(v.Key), nonce, v.Sealed, plain(v.AD)...)
		if v.Error != "" {
			require.Equal(t, fault.Check("open"), v.Error)
			require.False(t, ok)
			require.Nil(t, got)
			return
		}
		require.True(t, ok)
		equal(t, v.Plaintext, got)
		equal(t, v.Sealed, s.Seal(nil, v.Purpose, suite.Key(v.Key), nonce, v.Plaintext, plain(v.AD)...))
	case "coins", "coins-lane":
		c := suite.NewCoins(s, suite.Seed(v.Seed), suite.Scalar(v.Secret), v.Counter)
		if v.Op == "coins-lane" {
			c = c.For(v.Lane)
		}
		got := c.Draw(v.Purpose, v.Index)
		equal(t, v.Output, got[:])
	case "h1":
		got := s.H1(suite.Coin(v.ESK), suite.Scalar(v.Secret))
		equal(t, v.Output, got[:])
	case "public":
		got := s.Public(suite.Scalar(v.Scalar))
		equal(t, v.Output, got[:])
	case "long-term":
		got, err := identity.NewSelf(s, "id", [32]byte(v.Random))
		require.NoError(t, err)
		equal(t, v.Secret, got.Secret[:])
		equal(t, v.Output, got.Key[:])
	case "dh":
		got, err := s.DH(suite.Scalar(v.Scalar), suite.Point(v.Point))
		if v.Error != "" {
			requireRefused(t, v.Error, err)
			return
		}
		require.NoError(t, err)
		equal(t, v.Output, got[:])
	default:
		require.Fail(t, "unknown op "+v.Op)
	}
}

type pointVector struct {
	head
	Point  bin    `json:"point"`
	Reason string `json:"reason"`
}

func runPoint(t checker, v pointVector) {
	err := suite.Default.CheckPoint(suite.Point(v.Point))
	r := wire.NewReader("vector", v.Point)
	got := identity.ReadPoint(r, suite.Default, "point")
	if v.Error == "" {
		require.NoError(t, err)
		require.NoError(t, r.Done())
		equal(t, v.Point, got[:])
		return
	}
	want, ok := map[string]error{"small order": suite.ErrSmallOrder, "not canonical": suite.ErrNotCanonical}[v.Reason]
	require.True(t, ok)
	require.ErrorIs(t, err, want)
	requireRefused(t, v.Error, r.Done())
}

type encodingVector struct {
	head
	Length int `json:"length"`
	Bucket int `json:"bucket"`
	ID     bin `json:"id"`
	Field  bin `json:"field"`
}

func runEncoding(t checker, v encodingVector) {
	switch v.Op {
	case "padme":
		require.Equal(t, v.Bucket, wire.Padme(v.Length))
	case "id", "id-field":
		r := wire.NewReader("vector", v.Field)
		id := identity.ReadID(r, "id")
		if v.Error != "" {
			requireRefused(t, v.Error, r.Done())
			return
		}
		require.NoError(t, r.Done())
		equal(t, v.ID, []byte(id))
		equal(t, v.Field, id.Field())
	default:
		require.Fail(t, "unknown op "+v.Op)
	}
}

type naxosVector struct {
	head
	Context   bin  `json:"context"`
	Initiator self `json:"initiator"`
	Responder self `json:"responder"`
	EskX      bin  `json:"esk_x"`
	SX        bin  `json:"x"`
	X         bin  `json:"X"`
	EskY      bin  `json:"esk_y"`
	SY        bin  `json:"y"`
	Y         bin  `json:"Y"`
	AY        bin  `json:"aY"`
	XB        bin  `json:"xB"`
	XY        bin  `json:"xY"`
	K         bin  `json:"K"`
}

func runNAXOS(t checker, v naxosVector) {
	s := suite.Default
	ini, res := v.Initiator.self(), v.Responder.self()
	eskX, eskY := suite.Coin(v.EskX), suite.Coin(v.EskY)
	X, K, errI := naxos.Initiate(s, ini, eskX, naxos.Peer{Party: res.Party(), Ephemeral: suite.Point(v.Y)}, v.Context)
	K2, errR := naxos.Respond(s, res, naxos.Ephemeral{ESK: eskY}, suite.Point(v.Y),
		naxos.Peer{Party: ini.Party(), Ephemeral: suite.Point(v.X)}, v.Context)
	if v.Error != "" {
		requireRefused(t, v.Error, errI)
		requireRefused(t, v.Error, errR)
		return
	}
	require.NoError(t, errI)
	require.NoError(t, errR)
	requireOwn(t, v.Initiator)
	requireOwn(t, v.Responder)
	equal(t, v.X, X[:])
	equal(t, v.K, K[:])
	equal(t, v.K, K2[:])

	x, y := s.H1(eskX, ini.Secret), s.H1(eskY, res.Secret)
	Y := naxos.Ephemeral{ESK: eskY}.Public(s, res)
	equal(t, v.SX, x[:])
	equal(t, v.SY, y[:])
	equal(t, v.Y, Y[:])
	for _, c := range []struct {
		want bin
		x    suite.Scalar
		p    suite.Point
	}{{v.AY, ini.Secret, Y}, {v.XB, x, res.Key}, {v.XY, x, Y}, {v.AY, y, ini.Key}, {v.XB, res.Secret, X}, {v.XY, y, X}} {
		got, err := s.DH(c.x, c.p)
		require.NoError(t, err)
		equal(t, c.want, got[:])
	}
}
