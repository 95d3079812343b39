"""The formulas of SPEC.md in plain Python, independent of the Go library.

It computes; it does not judge. Which input breaks which check is declared by
generate.py, and confirmed by the library in vectors_test.go.
"""

from primitives import BASE, aead_open, aead_seal, hkdf, sha256, x25519

SUITE_ID = 1
PREFIX = b"CoWPI/1 X25519-SHA256-ChaChaPoly "
ZERO_NONCE = bytes(12)
ZERO_KEY = bytes(32)


def u8(v):
    return v.to_bytes(1, "big")


def u16(v):
    return v.to_bytes(2, "big")


def u32(v):
    return v.to_bytes(4, "big")


def u64(v):
    return v.to_bytes(8, "big")


def fields(*parts):
    """A list of fields: each behind its length of four bytes."""
    return b"".join(u32(len(p)) + p for p in parts)


# Section 2: the suite.


def label(purpose):
    return PREFIX + purpose.encode()


def Hash(purpose, *parts):
    return sha256(fields(label(purpose), *parts))


def KDF(purpose, n, *parts):
    return hkdf(label(purpose), fields(*parts), b"", n)


def Seal(purpose, key, nonce, plaintext, *ad):
    return aead_seal(key, nonce, plaintext, fields(label(purpose), *ad))


def Open(purpose, key, nonce, sealed, *ad):
    return aead_open(key, nonce, sealed, fields(label(purpose), *ad))


def Coins(seed, secret, counter, purpose, index):
    return KDF("coins", 32, seed, secret, u64(counter) + u32(index), purpose.encode())


def H1(esk, secret):
    return KDF("H1", 32, esk, secret)


def Public(x):
    return x25519(x, BASE)


def DH(x, point):
    out = x25519(x, point)
    assert out != ZERO_KEY, "a point of small order"
    return out


def long_term(random):
    return KDF("long-term key", 32, random)


# Section 3: encodings.


def padme(n):
    if n < 2:
        return n
    exponent = n.bit_length() - 1
    low = exponent - exponent.bit_length()
    return -(-n >> low) << low


def id_field(name):
    raw = name.encode()
    assert 1 <= len(raw) <= 64
    return u8(len(raw)) + raw + bytes(64 - len(raw))


class Party:
    """Someone with a long-term key. name may hold any Unicode text."""

    def __init__(self, name, random):
        self.name = name
        self.random = random
        self.secret = long_term(random)
        self.key = Public(self.secret)
        self.field = id_field(name)


# Section 4: NAXOS.


def naxos_public(esk, secret):
    return Public(H1(esk, secret))


def H2(context, ini, res, X, Y, aY, xB, xY):
    return KDF("H2", 32, context, ini.field, ini.key, res.field, res.key, X, Y, aY, xB, xY)


def initiate(me, esk, peer, Y, context):
    x = H1(esk, me.secret)
    return H2(context, me, peer, Public(x), Y, DH(me.secret, Y), DH(x, peer.key), DH(x, Y))


def respond(me, esk, peer, X, context):
    y = H1(esk, me.secret)
    return H2(context, peer, me, X, Public(y), DH(y, peer.key), DH(me.secret, X), DH(y, X))


# Section 7: chains and blocks.

PREKEY, SESSION = 1, 2


def chain_context(sid, author_join, recipient_join, kind, key_id):
    return fields(b"chain", sid, u32(author_join), u32(recipient_join), u8(kind) + key_id)


def chain_step(ck):
    out = KDF("chain", 64, ck)
    return out[:32], out[32:]


def start_header(kind, key_id, X, n):
    return u8(1) + u8(kind) + key_id + X + u32(n)


def continue_header(n):
    return u8(2) + u32(n)


def seal_block(header, plaintext, mk, digest, author, recipient):
    ad = (digest, author.field, author.key, recipient.field, recipient.key, header)
    return header + Seal("block", mk, digest[:12], plaintext, *ad)


# Section 8: rosters, data blocks, texts.

SETUP, MSG, RCPT, UPDATE = 1, 2, 3, 4


def roster(entries):
    """entries: (id field, key, join epoch), here in whatever order is given."""
    return u16(len(entries)) + b"".join(f + k + u32(e) for f, k, e in entries)


def roster_digest(encoded):
    return Hash("roster", encoded)


def providers_digest(parties):
    return Hash("provider set", *(part for p in parties for part in (p.field, p.key)))


def setup(nonce, author_field, providers, encoded_roster, sid=None):
    head = u8(1) + u16(SUITE_ID)
    if sid is None:
        sid = Hash("sid", head, nonce, author_field, providers, encoded_roster)
    return head + sid + u8(SETUP) + nonce + author_field + providers + encoded_roster


def common(sid, kind, epoch, digest, author, seq, k):
    return (u8(1) + u16(SUITE_ID) + sid + u8(kind) + u32(epoch) + digest
            + u16(author) + u64(seq) + u64(k))


def data_hash(raw):
    return Hash("data block", raw)


def next_digest(before, raw):
    return Hash("conversation digest", before, data_hash(raw))


def com(km):
    return KDF("com", 32, km)


def text_plain(text_id, text):
    plain = text_id + u32(len(text)) + text
    return plain + bytes(padme(len(plain)) - len(plain))


def seal_text(km, plain, header):
    return Seal("text", KDF("enc", 32, km), ZERO_NONCE, plain, header)


def msg(head, km, text_id, text):
    header = head + com(km)
    sealed = seal_text(km, text_plain(text_id, text), header)
    return header + u32(len(sealed)) + sealed


# Section 9: uploads.


def upload_id(raw, blocks):
    return Hash("upload", data_hash(raw), fields(*blocks))


def authenticate(ak, sid, upload):
    return KDF("auth", 32, KDF("auth sid", 32, ak, sid), upload)


# Section 5: the channel.


class Handshake:
    """Both sides of a handshake, from the coins of both. Messages can be replaced
    by setting override before run: what follows is computed as if they were genuine."""

    def __init__(self, client, role, server, e_c, esk_c, e_s, esk_s, **override):
        self.client, self.role, self.server = client, role, server
        get = override.get
        self.e_c, self.esk_c, self.e_s, self.esk_s = e_c, esk_c, e_s, esk_s
        self.E_c, self.E_s = Public(e_c), Public(e_s)
        self.X_c = naxos_public(esk_c, client.secret)
        self.Y_s = naxos_public(esk_s, server.secret)
        self.msg1 = self.E_c
        self.ee, self.es = DH(e_c, self.E_s), DH(e_c, server.key)
        assert self.ee == DH(e_s, self.E_c) and self.es == DH(server.secret, self.E_c)
        self.T1 = Hash("handshake 1", self.msg1, self.E_s)
        self.t1 = KDF("handshake key 1", 32, self.ee, self.es, self.T1)
        hello = get("hello", server.field + self.Y_s)
        self.msg2 = self.E_s + Seal("handshake 2", self.t1, ZERO_NONCE, hello, self.T1)
        self.T2 = Hash("handshake 2", self.msg1, self.msg2)
        self.t2 = KDF("handshake key 2", 32, self.ee, self.es, self.T2)
        who = get("who", u8(role) + client.field + client.key + self.X_c)
        self.msg3 = Seal("handshake 3", self.t2, ZERO_NONCE, who, self.T2)
        self.T3 = Hash("handshake 3", self.msg1, self.msg2, self.msg3)
        context = fields(b"channel", self.T3)
        self.K = initiate(client, esk_c, server, self.Y_s, context)
        assert self.K == respond(server, esk_s, client, self.X_c, context)
        self.AK = KDF("auth key", 32, self.K)
        self.auth_key_id = KDF("auth key id", 8, self.AK)
        self.c2s = KDF("client chain", 32, self.K)
        self.s2c = KDF("provider chain", 32, self.K)


DATA, HANDSHAKE = 0, 1


def frame_plain(kind, payload):
    plain = u8(kind) + u32(len(payload)) + payload
    return plain + bytes(padme(max(len(plain), 256)) - len(plain))


class Frames:
    """The frames of one direction."""

    def __init__(self, ck):
        self.ck = ck

    def seal(self, payload, kind=DATA, plain=None):
        out = KDF("frame chain", 64, self.ck)
        self.ck = out[32:]
        if plain is None:
            plain = frame_plain(kind, payload)
        return Seal("frame", out[:32], ZERO_NONCE, plain)
