"""The primitives of the default suite, in plain Python.

X25519 (RFC 7748), HMAC and HKDF with SHA-256 (RFC 2104, RFC 5869) and
ChaCha20-Poly1305 (RFC 8439). Slow, not in constant time: for test vectors only.
"""

import hashlib
import hmac
import struct

P = 2**255 - 19
A24 = 121665


def x25519(k, u):
    """X25519 of RFC 7748, section 5: a Montgomery ladder from the top bit down."""
    n = int.from_bytes(k, "little")
    n = (n & ~7 & ~(128 << 248)) | (64 << 248)
    x1 = (int.from_bytes(u, "little") & (2**255 - 1)) % P
    x2, z2, x3, z3 = 1, 0, x1, 1
    for t in range(254, -1, -1):
        bit = (n >> t) & 1
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb = a * a % P, b * b % P
        e = aa - bb
        da, cb = d * a % P, c * b % P
        x3 = (da + cb) ** 2 % P
        z3 = x1 * (da - cb) ** 2 % P
        x2 = aa * bb % P
        z2 = e * (aa + A24 * e) % P
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf_extract(salt, ikm):
    return hmac_sha256(salt or bytes(32), ikm)


def hkdf_expand(prk, info, length):
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = hmac_sha256(prk, block + info + bytes([i]))
        out += block
    return out[:length]


def hkdf(salt, ikm, info, length):
    return hkdf_expand(hkdf_extract(salt, ikm), info, length)


def _rotl(v, n):
    return ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF


def _quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] = _rotl(s[z] ^ s[x], n)


def chacha20_block(key, counter, nonce):
    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key))
    start += [counter] + list(struct.unpack("<3I", nonce))
    s = list(start)
    for _ in range(10):
        for i in range(4):  # columns
            _quarter(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):  # diagonals
            _quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(s, start)))


def chacha20(key, counter, nonce, data):
    out = bytearray()
    for i in range(0, len(data), 64):
        stream = chacha20_block(key, counter + i // 64, nonce)
        out += bytes(x ^ y for x, y in zip(data[i : i + 64], stream))
    return bytes(out)


def poly1305(key, msg):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(msg), 16):
        acc = (acc + int.from_bytes(msg[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _tag(key, nonce, ad, ciphertext):
    one_time = chacha20_block(key, 0, nonce)[:32]
    msg = b""
    for part in (ad, ciphertext):
        msg += part + bytes(-len(part) % 16)
    return poly1305(one_time, msg + struct.pack("<QQ", len(ad), len(ciphertext)))


def aead_seal(key, nonce, plaintext, ad):
    ciphertext = chacha20(key, 1, nonce, plaintext)
    return ciphertext + _tag(key, nonce, ad, ciphertext)


def aead_open(key, nonce, sealed, ad):
    """The plaintext, or None."""
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if len(sealed) < 16 or tag != _tag(key, nonce, ad, ciphertext):
        return None
    return chacha20(key, 1, nonce, ciphertext)
