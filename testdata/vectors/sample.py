"""Sample values: fixed, distinct, and telling nothing."""

from primitives import sha256
from protocol import Party


def rnd(name, n=32):
    """n bytes that depend on the name alone."""
    out, i = b"", 0
    while len(out) < n:
        out += sha256(b"sample %d %s" % (i, name.encode()))
        i += 1
    return out[:n]


def flip(data, at, bit=0):
    """data with one bit changed; a negative at counts from the end."""
    b = bytearray(data)
    b[at] ^= 1 << bit
    return bytes(b)


def put(data, at, part):
    """data with part in place of what stands at a position."""
    return data[:at] + part + data[at + len(part):]


def party(name):
    return Party(name, rnd("long-term key of " + name))


def public(p):
    return {"id": p.name.encode(), "key": p.key}


def own(p):
    return {"id": p.name.encode(), "key": p.key, "secret": p.secret}


ALICE, BOB, CAROL, DAVE = (party(n) for n in ("alice", "bob", "carol", "dave"))
ROUTER, MIRROR = party("router.example"), party("mirror.example")

ORDER_1 = bytes(32)
ORDER_2 = b"\1" + bytes(31)
ORDER_8A = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
ORDER_8B = bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
PRIME = b"\xed" + b"\xff" * 30 + b"\x7f"
ORDER_4 = b"\xec" + PRIME[1:]  # the prime less 1
