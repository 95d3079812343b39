package channel

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"

	"cowpi.example/cowpi/suite"
)

// recorder notes every secret that the suite gives out, by its purpose.
type recorder struct {
	suite.Suite
	secrets map[string][][32]byte
}

func (r *recorder) note(purpose string, out []byte) {
	for ; len(out) >= 32; out = out[32:] {
		r.secrets[purpose] = append(r.secrets[purpose], [32]byte(out))
	}
}

func (r *recorder) Coins(seed suite.Seed, a suite.Scalar, n uint64, p suite.Purpose, i uint32) suite.Coin {
	c := r.Suite.Coins(seed, a, n, p, i)
	r.note("coin "+string(p), c[:])
	return c
}

func (r *recorder) H1(esk suite.Coin, a suite.Scalar) suite.Scalar {
	x := r.Suite.H1(esk, a)
	r.note("H1", x[:])
	return x
}

func (r *recorder) DH(x suite.Scalar, p suite.Point) (suite.Point, error) {
	out, err := r.Suite.DH(x, p)
	r.note("DH", out[:])
	return out, err
}

func (r *recorder) KDF(p suite.Purpose, n int, fields ...[]byte) []byte {
	out := r.Suite.KDF(p, n, fields...)
	r.note(string(p), out)
	return out
}

// held collects each array of 32 bytes that a value holds, through structs,
// interfaces and slices.
func held(v reflect.Value, into map[[32]byte]bool) {
	switch v.Kind() {
	case reflect.Array:
		if v.Len() == 32 && v.Type().Elem().Kind() == reflect.Uint8 {
			var b [32]byte
			for i := range b {
				b[i] = byte(v.Index(i).Uint())
			}
			into[b] = true
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Len() >= 32 {
			panic("a state holds a slice of bytes: look into it")
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Type == reflect.TypeFor[suite.Suite]() {
				continue // the recorder itself
			}
			held(v.Field(i), into)
		}
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			held(v.Elem(), into)
		}
	}
}

// holds requires that state holds none of the secrets recorded so far but those
// of the named purposes, and some of each of these.
func (r *recorder) holds(t *testing.T, state any, allowed ...string) {
	t.Helper()
	in := map[[32]byte]bool{}
	held(reflect.ValueOf(state), in)
	found := map[string]bool{}
	for purpose, list := range r.secrets {
		for _, s := range list {
			if in[s] {
				found[purpose] = true
			}
		}
	}
	want := map[string]bool{}
	for _, a := range allowed {
		want[a] = true
	}
	require.Equal(t, want, found)
}

// What a state is done with is gone: after the handshake no one-time secret, no
// shared value, neither t1, t2 nor K; after a renewal, nothing of the old keys.
func TestStatesHoldNoMoreThanTheyNeed(t *testing.T) {
	rec := &recorder{suite.Default, map[string][][32]byte{}}
	r := start(t, rec, alice, RoleUser, router)
	srv, err := r.a.Finish(r.msg3)
	require.NoError(t, err)
	for _, p := range []string{"coin channel ephemeral", "coin channel naxos", "H1", "DH", "H2", "handshake key 1", "handshake key 2", "auth key"} {
		require.NotEmpty(t, rec.secrets[p], p)
	}
	rec.holds(t, r.d, "coin channel ephemeral")
	rec.holds(t, r.a, "handshake key 2", "coin channel naxos")
	rec.holds(t, r.conn, "auth key", "provider chain", "frame chain")
	rec.holds(t, srv, "auth key", "client chain", "provider chain")

	// Each frame moves its chain: the key before it and its own are gone.
	cli, srv := connect(t, rec, alice, RoleUser, router)
	rec.secrets = map[string][][32]byte{}
	rec.note("before", cli.send.key[:])
	rec.note("before", srv.recv.key[:])
	key, after := cli.send.step(suite.Default)
	rec.note("frame key", key[:])
	rec.note("after", after.key[:])
	cli, srv = pass(t, cli, srv, "data")
	delete(rec.secrets, "frame chain")
	rec.holds(t, cli, "after")
	rec.holds(t, srv, "after")

	rec.secrets = map[string][][32]byte{}
	for _, k := range [][32]byte{cli.auth.key, cli.send.key, cli.recv.key} {
		rec.note("old", k[:])
	}
	all := stages(t, cli, srv)
	last := all[len(all)-1]
	for _, c := range []Conn{last.cli, last.srv} {
		rec.holds(t, c, "auth key", "frame chain")
	}
	rec.secrets = map[string][][32]byte{"old": rec.secrets["old"]}
	rec.holds(t, all[1].cli, "old") // control: this is how it shows
}

func TestSessionWipesItsKey(t *testing.T) {
	K := suite.Key{1}
	ses := newSession(suite.Default, &K)
	require.Zero(t, K)
	require.NotZero(t, ses.auth.key)
	ses.wipe()
	require.Zero(t, [3]suite.Key{ses.auth.key, ses.c2s, ses.s2c})
}

// The handshake again, by hand, from the formulas of SPEC.md, section 5, on the
// standard library.
func TestHandshakeAgainstTheFormulas(t *testing.T) {
	list := func(fields ...[]byte) (out []byte) {
		for _, f := range fields {
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(f))), f...)
		}
		return out
	}
	label := func(p string) []byte { return []byte("CoWPI/1 X25519-SHA256-ChaChaPoly " + p) }
	hash := func(p string, fields ...[]byte) []byte {
		h := sha256.Sum256(append(list(label(p)), list(fields...)...))
		return h[:]
	}
	kdf := func(p string, n int, fields ...[]byte) []byte {
		out, err := hkdf.Key(sha256.New, list(fields...), label(p), "", n)
		require.NoError(t, err)
		return out
	}
	open := func(p string, key, sealed []byte, ad ...[]byte) []byte {
		a, err := chacha20poly1305.New(key)
		require.NoError(t, err)
		plain, err := a.Open(nil, make([]byte, 12), sealed, append(list(label(p)), list(ad...)...))
		require.NoError(t, err)
		return plain
	}
	dh := func(x, p []byte) []byte {
		k, err := ecdh.X25519().NewPrivateKey(x)
		require.NoError(t, err)
		q, err := ecdh.X25519().NewPublicKey(p)
		require.NoError(t, err)
		out, err := k.ECDH(q)
		require.NoError(t, err)
		return out
	}
	r := start(t, suite.Default, alice, RoleUser, router)
	a, A, S := alice.Secret[:], alice.Key[:], router.Key[:]
	e := r.d.e[:]
	base := append([]byte{9}, make([]byte, 31)...)
	require.Equal(t, r.msg1, dh(e, base))
	E := r.msg2[:32]

	T1 := hash("handshake 1", r.msg1, E)
	t1 := kdf("handshake key 1", 32, dh(e, E), dh(e, S), T1)
	hello := open("handshake 2", t1, r.msg2[32:], T1)
	require.Equal(t, router.ID.Field(), hello[:65])
	Y := hello[65:]

	T2 := hash("handshake 2", r.msg1, r.msg2)
	t2 := kdf("handshake key 2", 32, dh(e, E), dh(e, S), T2)
	claim := open("handshake 3", t2, r.msg3, T2)
	require.Equal(t, append(append([]byte{1}, alice.ID.Field()...), A...), claim[:98])
	X := claim[98:]
	esk := coins(alice, 2).Draw("channel naxos", 0)
	x := kdf("H1", 32, esk[:], a)
	require.Equal(t, X, dh(x, base))

	T3 := hash("handshake 3", r.msg1, r.msg2, r.msg3)
	K := kdf("H2", 32, list([]byte("channel"), T3), alice.ID.Field(), A, router.ID.Field(), S, X, Y, dh(a, Y), dh(x, S), dh(x, Y))
	AK := r.conn.AK()
	require.Equal(t, AK[:], kdf("auth key", 32, K))
	id := r.conn.AuthKeyID()
	require.Equal(t, id[:], kdf("auth key id", 8, AK[:]))
	require.Equal(t, r.conn.recv.key[:], kdf("provider chain", 32, K))
	out := kdf("frame chain", 64, kdf("client chain", 32, K))
	require.Equal(t, make([]byte, 256), open("frame", out[:32], r.first))
	require.Equal(t, r.conn.send.key[:], out[32:])
}
