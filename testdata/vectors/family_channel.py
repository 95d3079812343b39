"""Families: channel, frames."""

import protocol as p
from sample import (ALICE, BOB, MIRROR, ORDER_1, ORDER_8A, PRIME, ROUTER, flip, own, party, put, rnd)

USER, ROUTER_ROLE = 1, 2
STEPS = (("dial", "client", ("channel ephemeral",)), ("accept", "server", ("channel ephemeral", "channel naxos")),
         ("finish", "client", ("channel naxos",)))


def session(name, client=ALICE, role=USER, server=ROUTER, **override):
    """A handshake with hedged coins, and what a vector says of its inputs."""
    coins, by = {}, {"client": client, "server": server}
    for i, (step, who, purposes) in enumerate(STEPS):
        seed, counter = rnd("%s %s" % (name, step)), 40 + i
        coins[step] = {"seed": seed, "counter": counter, "coins": {
            q: p.Coins(seed, by[who].secret, counter, q, 0) for q in purposes}}
    hs = p.Handshake(client, role, server, coins["dial"]["coins"]["channel ephemeral"],
                     coins["finish"]["coins"]["channel naxos"], coins["accept"]["coins"]["channel ephemeral"],
                     coins["accept"]["coins"]["channel naxos"], **override)
    return hs, {"name": name, "client": own(client), "role": role, "server": own(server), **coins}


def channel():
    out = []
    for name, client, role, server in (
            ("user", ALICE, USER, ROUTER), ("router", ROUTER, ROUTER_ROLE, MIRROR),
            ("id of one byte", party("a"), USER, party("b")), ("ids of 64 bytes", party("x" * 64), USER, party("y" * 64)),
            ("a user under a provider's id", party("router.example"), USER, ROUTER)):
        hs, v = session(name, client, role, server)
        fields = ("E_c", "E_s", "X_c", "Y_s", "ee", "es", "T1", "t1", "msg1", "msg2", "T2", "t2", "msg3", "T3", "K",
                  "AK", "auth_key_id")
        v.update({f: getattr(hs, f) for f in fields}, client_chain=hs.c2s, provider_chain=hs.s2c,
                 confirm=p.Frames(hs.c2s).seal(b""), welcome=p.Frames(hs.s2c).seal(b"welcome"))
        out.append(v)

    def bad(name, message, error, change=None, client=ALICE, server=ROUTER, **override):
        """One message of the handshake is replaced; the genuine one follows."""
        hs, v = session("refused: " + name, client, USER, server, **override)
        genuine, _ = session("refused: " + name, client, USER, server)
        broken = getattr(hs, message)
        v.update(msg1=genuine.msg1, msg2=genuine.msg2, msg3=genuine.msg3)
        v.update(message=message, bytes=change(broken) if change else broken, error=error)
        out.append(v)

    for message in ("msg1", "msg2", "msg3"):
        bad(message + " cut", message, "W1", lambda m: m[:-1])
        bad(message + " too long", message, "W1", lambda m: m + b"\0")
        bad(message + " empty", message, "W1", lambda m: b"")
    for key, name in ((ORDER_1, "0"), (ORDER_8A, "order 8"), (PRIME, "p"), (flip(BOB.key, 31, 7), "top bit set")):
        bad("E_c: " + name, "msg1", "W3", lambda m, k=key: k)
        bad("E_s: " + name, "msg2", "W3", lambda m, k=key: put(m, 0, k))
        bad("Y_s: " + name, "msg2", "W3", hello=ROUTER.field + key)
    bad("another E_s", "msg2", "H1", lambda m: put(m, 0, BOB.key))
    bad("id in msg2", "msg2", "H1", lambda m: flip(m, 32))
    bad("Y_s in msg2", "msg2", "H1", lambda m: flip(m, 32 + 65))
    bad("tag of msg2", "msg2", "H1", lambda m: flip(m, -1))
    bad("the provider's key under another id", "msg2", "H2", hello=MIRROR.field + BOB.key)
    bad("msg2 with an id badly padded", "msg2", "H2", hello=flip(ROUTER.field, 64) + BOB.key)
    bad("msg2 with an empty id", "msg2", "H2", hello=bytes(65) + BOB.key)

    def who(role=1, field=ALICE.field, key=ALICE.key, X=BOB.key):
        return p.u8(role) + field + key + X

    for name, at in (("role", 0), ("id", 1), ("key", 66), ("X_c", 98), ("tag", -1)):
        bad(name + " in msg3", "msg3", "H3", lambda m, at=at: flip(m, at))
    bad("role 0", "msg3", "H4", who=who(role=0))
    bad("role 3", "msg3", "H4", who=who(role=3))
    bad("empty id in msg3", "msg3", "H4", who=who(field=bytes(65)))
    bad("id in msg3 badly padded", "msg3", "H4", who=who(field=flip(ALICE.field, 64)))
    bad("id in msg3 is not UTF-8", "msg3", "H4", who=who(field=b"\1\xff" + bytes(63)))
    bad("A of small order", "msg3", "W3", who=who(key=ORDER_8A))
    bad("A is not canonical", "msg3", "W3", who=who(key=PRIME))
    bad("X_c of small order", "msg3", "W3", who=who(X=ORDER_1))
    bad("X_c is not canonical", "msg3", "W3", who=who(X=PRIME))
    return out


class Link:
    """A handshake and then frames in order, each sealed and opened."""

    def __init__(self, name):
        self.hs, self.v = session(name)
        self.frames = {"client": p.Frames(self.hs.c2s), "server": p.Frames(self.hs.s2c)}
        self.steps = []

    def seal(self, by, payload, **more):
        frame = self.frames[by].seal(payload, **more)
        self.steps.append({"op": "seal", "by": by, "payload": payload, "frame": frame})
        return frame

    def open(self, by, frame, payload):
        self.steps.append({"op": "open", "by": by, "frame": frame, "payload": payload})

    def refuse(self, by, frame, error):
        self.steps.append({"op": "open", "by": by, "frame": frame, "error": error})

    def send(self, by, payload):
        self.open("server" if by == "client" else "client", self.seal(by, payload), payload)

    def confirm(self):
        """The first frames: Finish makes the client's."""
        frame = self.frames["client"].seal(b"")
        self.steps.append({"op": "confirm", "by": "client", "frame": frame})
        self.open("server", frame, b"")
        self.send("server", b"welcome")
        return self

    def done(self, **more):
        if "error" in more:  # the seeds suffice; channel.json has the coins too
            for step, _, _ in STEPS:
                del self.v[step]["coins"]
        return {**self.v, "steps": self.steps, **more}


def frames():
    link = Link("both directions, sizes of buckets").confirm()
    for i, n in enumerate((0, 1, 250, 251, 252, 267, 268, 1000, 4000)):
        link.send(("client", "server")[i % 2], rnd("payload", n))
    link.send("client", b"one")
    link.send("client", b"two")
    link.send("server", b"three")
    return [link.done(), renewal(), worn_out()]


def refused():
    out = []

    def bad(name, error, make):
        """One bad frame to the server; then the genuine one still opens."""
        link = Link("refused: " + name).confirm()
        earlier = link.seal("client", b"earlier")
        link.open("server", earlier, b"earlier")
        ck = link.frames["client"].ck
        frame = link.seal("client", b"genuine")
        link.refuse("server", make(link, p.Frames(ck), frame, earlier), error)
        link.open("server", frame, b"genuine")
        out.append(link.done(error=error))

    def crafted(plain):
        return lambda link, chain, f, e: chain.seal(b"", plain=plain)

    bad("first bit", "F1", lambda link, chain, f, e: flip(f, 0))
    bad("last bit", "F1", lambda link, chain, f, e: flip(f, -1, 7))
    bad("a frame again", "F1", lambda link, chain, f, e: e)
    bad("a frame left out", "F1", lambda link, chain, f, e: (chain.seal(b""), chain.seal(b""))[1])
    bad("a frame back to its maker's peer", "F1", lambda link, chain, f, e: link.frames["server"].seal(b"x"))
    bad("another purpose", "F1", lambda link, chain, f, e: p.Seal(
        "framf", p.KDF("frame chain", 64, chain.ck)[:32], p.ZERO_NONCE, p.frame_plain(0, b"")))
    bad("a byte more", "F1", lambda link, chain, f, e: f + b"\0")
    bad("a byte less than the least", "W1", lambda link, chain, f, e: f[:-1])
    bad("nothing", "W1", lambda link, chain, f, e: b"")
    good = p.frame_plain(p.DATA, b"genuine")
    bad("kind 2", "W1", crafted(put(good, 0, b"\2")))
    bad("length beyond the frame", "W1", crafted(put(good, 1, p.u32(252))))
    bad("length at its greatest", "W1", crafted(put(good, 1, b"\xff" * 4)))
    bad("last byte of the padding", "F2", crafted(flip(good, -1)))
    bad("first byte of the padding", "F2", crafted(flip(good, 12)))
    bad("a bucket too large", "F2", crafted(good + bytes(16)))
    bad("between two buckets", "F2", crafted(good + bytes(1)))
    bad("padding left away", "F2", crafted(p.u8(0) + p.u32(300) + bytes(300)))
    bad("an inner handshake out of order", "F4", crafted(p.frame_plain(p.HANDSHAKE, bytes(145))))
    bad("an inner handshake without a message", "F4", crafted(p.frame_plain(p.HANDSHAKE, b"")))
    bad("an inner handshake with a bad key", "W3", crafted(p.frame_plain(p.HANDSHAKE, ORDER_1)))

    def unconfirmed(name, error, **frame):
        """One bad frame before the server has opened any."""
        link = Link("refused: " + name)
        crafted = p.Frames(link.hs.c2s).seal(**frame)
        link.refuse("server", crafted, error)
        out.append(link.confirm().done(error=error))

    unconfirmed("data in the client's first frame", "H5", payload=b"x")
    unconfirmed("an inner handshake before confirmation", "H5", payload=bytes(32), kind=p.HANDSHAKE)
    return out


def worn_out():
    """The end of a chain: two frames are kept for an inner handshake."""
    link = Link("the life of a chain").confirm()
    chain = link.frames["client"]
    link.steps.append({"op": "burst", "by": "client", "count": 2**16 - 3})
    for _ in range(2**16 - 3):
        chain.ck = p.KDF("frame chain", 64, chain.ck)[32:]
    link.steps.append({"op": "exhausted", "by": "client"})
    link.open("server", chain.seal(b"the last but one"), b"the last but one")
    link.open("server", chain.seal(b"the last"), b"the last")
    return link.done()


def renewal():
    """An inner handshake while data flows."""
    link = Link("inner handshake").confirm()
    hs, v = session("the inner handshake of that")
    old = dict(link.frames)
    link.v["inner"] = {step: v[step] for step, _, _ in STEPS}
    link.v["inner"].update({f: getattr(hs, f) for f in ("msg1", "msg2", "msg3", "AK", "auth_key_id")})

    def add(op, by, **more):
        link.steps.append({"op": op, "by": by, **more})

    one = old["client"].seal(hs.msg1, p.HANDSHAKE)
    add("renew", "client", frame=one)
    link.send("server", b"data meanwhile")
    two = old["server"].seal(hs.msg2, p.HANDSHAKE)
    add("open", "server", frame=one, payload=b"", coins="accept", replies=[two])
    link.send("client", b"more data meanwhile")
    new = {"client": p.Frames(hs.c2s), "server": p.Frames(hs.s2c)}
    three, first = old["client"].seal(hs.msg3, p.HANDSHAKE), new["client"].seal(b"")
    add("open", "client", frame=two, payload=b"", coins="finish", replies=[three, first])
    link.frames["client"] = new["client"]
    add("open", "server", frame=three, payload=b"", replies=[])
    link.send("server", b"under the old keys")
    end, back = old["server"].seal(b"", p.HANDSHAKE), new["server"].seal(b"")
    add("open", "server", frame=first, payload=b"", replies=[end, back], renewed=True)
    link.frames["server"] = new["server"]
    link.send("client", b"under the new keys")
    add("open", "client", frame=end, payload=b"", replies=[])
    add("open", "client", frame=back, payload=b"", replies=[], renewed=True)
    link.send("server", b"under the new keys")
    return link.done()


FAMILIES = {"channel": channel, "frames": frames, "frames-refused": refused}
