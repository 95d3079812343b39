"""Families: chain, blocks."""

import protocol as p
from sample import (ALICE, BOB, CAROL, ORDER_1, ORDER_2, ORDER_4, ORDER_8B, PRIME, flip, own, put, rnd)

SID = rnd("Sid of the pair")
DIGEST = rnd("a data block")


def chain():
    out = []
    for i in range(3):
        ck = start = rnd("CK %d" % i)
        steps = []
        for _ in range(6):
            mk, ck = p.chain_step(ck)
            steps.append({"mk": mk, "ck": ck})
        out.append({"name": "six steps, %d" % i, "ck": start, "count": 6, "steps": steps, "output": ck})
    ck = start
    for _ in range(1000):
        _, ck = p.chain_step(ck)
    out.append({"name": "1,000 steps", "ck": start, "count": 1000, "steps": [], "output": ck})
    return out


class Key:
    """A receive key of one side: the secret half for its owner."""

    def __init__(self, who, kind, name, esk=None, key_id=None):
        self.kind, self.id = kind, key_id or rnd("id of " + name, 8)
        self.esk = esk or rnd("esk of " + name)
        self.Y = p.naxos_public(self.esk, who.secret)

    def ref(self):
        return {"kind": self.kind, "id": self.id}


class Side:
    """What one side keeps of a pair: theirs, sending and receiving chain, mine."""

    def __init__(self, who, join):
        self.who, self.join = who, join
        self.theirs = self.used = self.send = self.recv = None
        self.mine = []

    def initial(self):
        v = {**own(self.who), "join": self.join, "mine": [{**k.ref(), "esk": k.esk, "Y": k.Y} for k in self.mine],
             "records": self.records()}
        if self.theirs:
            v["theirs"] = {**self.theirs.ref(), "Y": self.theirs.Y}
        return v

    def records(self):
        """Both halves as they are stored."""
        send, receive, t, c = b"\1", b"\1", self.theirs, self.send
        send += p.u8(t.kind) + t.id + t.Y + p.u8(bool(self.used)) if t else b"\0"
        send += (p.u8(c["ref"].kind) + c["ref"].id + c["X"] + c["ck"] + p.u32(c["n"]) + p.u32(c["floor"])
                 + p.u8(c["floor"] > 0)) if c else b"\0"
        c = self.recv
        receive += p.u8(c["kind"]) + c["id"] + c["X"] + c["ck"] + p.u32(c["n"]) if c else b"\0"
        receive += p.u8(len(self.mine)) + b"".join(p.u8(k.kind) + k.id + k.esk + k.Y for k in self.mine)
        return {"send": send, "receive": receive}


class Script:
    """Two sides, and the operations on them in order."""

    def __init__(self, name, mine_a=None, mine_b=None, joins=(0, 0), sid=SID):
        self.name, self.sid = name, sid
        self.a, self.b = Side(ALICE, joins[0]), Side(BOB, joins[1])
        for side, peer, mine in ((self.a, self.b, mine_a), (self.b, self.a, mine_b)):
            if mine is None:
                mine = [Key(side.who, p.PREKEY, "prekey of " + side.who.name)]
            side.mine = mine
            peer.theirs = mine[-1] if mine else None
        self.steps, self.begin = [], None

    def side(self, by):
        return (self.a, self.b) if by == "a" else (self.b, self.a)

    def seal(self, by, km=None, digest=DIGEST):
        """The next block of one side, and what is kept of it."""
        if self.begin is None:
            self.begin = (self.a.initial(), self.b.initial())
        me, peer = self.side(by)
        i = len(self.steps)
        km = rnd("km %d" % i) if km is None else km
        draw = {"seed": rnd("%s seed %d" % (self.name, i)), "counter": 100 + i, "index": i % 3}
        step = {"op": "seal", "by": by, "digest": digest, "km": km}

        def coin(purpose):
            c = p.Coins(draw["seed"], me.who.secret, draw["counter"], purpose, draw["index"])
            step.update(draw)
            step.setdefault("coins", {})[purpose] = c
            return c

        starts = not me.used
        if starts:
            esk = coin("chain esk")
            t = me.theirs
            context = p.chain_context(self.sid, me.join, peer.join, t.kind, t.id)
            ck = p.initiate(me.who, esk, peer.who, t.Y, context)
            me.send = {"ref": t, "X": p.naxos_public(esk, me.who.secret), "ck": ck, "n": 0, "floor": 0}
            me.used = True
            step.update(context=context, K=ck)
        c = me.send
        if c["floor"]:
            header, plain = p.continue_header(c["n"]), km
        else:
            sessions = [k for k in me.mine if k.kind == p.SESSION]
            if not sessions or starts and len(sessions) < 3:
                me.mine = me.mine + [Key(me.who, p.SESSION, "", coin("session esk"), coin("session id")[:8])]
            r = [k for k in me.mine if k.kind == p.SESSION][-1]
            header, plain = p.start_header(c["ref"].kind, c["ref"].id, c["X"], c["n"]), km + r.id + r.Y
        mk, c["ck"] = p.chain_step(c["ck"])
        c["n"] += 1
        block = p.seal_block(header, plain, mk, digest, me.who, peer.who)
        step.update(mk=mk, nonce=digest[:12], header=header, plaintext=plain, ck=c["ck"], block=block)
        self.steps.append(step)
        return step

    def open(self, by, step):
        """The other side opens what a seal step made."""
        me, peer = self.side(by)
        n = int.from_bytes(step["header"][-4:], "big")
        if step["header"][0] == 1:
            kind, key_id, X = step["header"][1], step["header"][2:10], step["header"][10:42]
            if not me.recv or (me.recv["kind"], me.recv["id"], me.recv["X"]) != (kind, key_id, X):
                at = [i for i, k in enumerate(me.mine) if (k.kind, k.id) == (kind, key_id)][0]
                context = p.chain_context(self.sid, peer.join, me.join, kind, key_id)
                ck = p.respond(me.who, me.mine[at].esk, peer.who, X, context)
                me.recv = {"kind": kind, "id": key_id, "X": X, "ck": ck, "n": 0}
                if kind == p.SESSION:
                    me.mine = [k for k in me.mine[at + 1:] if k.kind == p.SESSION]
                else:
                    me.mine = me.mine[:at] + me.mine[at + 1:]
            r_id, R = step["plaintext"][32:40], step["plaintext"][40:]
            if (me.theirs.kind, me.theirs.id) != (p.SESSION, r_id):
                me.theirs, me.used = [k for k in peer.mine if k.id == r_id][0], False
                assert me.theirs.Y == R
        while me.recv["n"] <= n:
            mk, me.recv["ck"] = p.chain_step(me.recv["ck"])
            me.recv["n"] += 1
        assert mk == step["mk"]
        km = step["plaintext"][:32]
        self.steps.append({"op": "open", "by": by, "digest": step["digest"], "block": step["block"],
                           "content": km != bytes(32), "km": km})

    def confirm(self, by, step):
        me, _ = self.side(by)
        n = int.from_bytes(step["header"][-4:], "big")
        assert n < 256, "beyond, the floor moves again"
        me.send["floor"] = me.send["floor"] or n + 1
        self.steps.append({"op": "confirm", "by": by, "block": step["block"]})

    def refuse(self, by, block, error, digest=DIGEST, content=True):
        self.steps.append({"op": "open", "by": by, "digest": digest, "block": block, "content": content,
                           "error": error})

    def done(self, **more):
        a, b = self.begin
        if "error" in more:  # the way to the bad block is told by blocks.json
            for step in self.steps:
                for detail in ("coins", "context", "K", "mk", "nonce", "header", "plaintext", "ck"):
                    step.pop(detail, None)
        v = {"name": self.name, "sid": self.sid, "a": a, "b": b, "steps": self.steps, "final_b": self.b.records()}
        if "error" not in more:
            v["final_a"] = self.a.records()
        return {**v, **more}


def exchange():
    s = Script("both directions, healing after three flights", joins=(1, 7))
    first = s.seal("a")
    second = s.seal("a", digest=rnd("second"))
    s.open("b", first)
    s.open("b", second)
    s.confirm("a", first)
    s.open("b", s.seal("a", digest=rnd("third")))
    s.open("b", s.seal("a", bytes(32), rnd("a receipt")))
    for i, by in enumerate("babab"):
        other = "a" if by == "b" else "b"
        block = s.seal(by, digest=rnd("flight %d" % i))
        s.open(other, block)
        s.confirm(by, block)
        s.open(other, s.seal(by, digest=rnd("flight %d again" % i)))
    return s.done()


def crossing():
    s = Script("both begin at once, with the prekeys")
    a, b = s.seal("a"), s.seal("b", digest=rnd("crossing"))
    s.open("b", a)
    s.open("a", b)
    s.open("b", s.seal("a"))
    s.open("a", s.seal("b"))
    return s.done()


def gaps():
    s = Script("refused uploads leave gaps")
    for _ in range(3):
        last = s.seal("a")
    s.open("b", last)
    s.confirm("a", last)
    for _ in range(4):
        last = s.seal("a")
    s.open("b", last)
    return s.done()


def outstanding():
    keys = [Key(ALICE, p.PREKEY, "old prekey")] + [Key(ALICE, p.SESSION, "session %d" % i) for i in range(3)]
    s = Script("three session keys outstanding: the newest again; a named one takes the older ones along",
               mine_a=keys)
    s.b.theirs = keys[2]  # the second of the session keys
    a = s.seal("a")
    s.open("a", s.seal("b"))
    s.open("b", a)
    return s.done()


def craft(s, n, km=None, R=None, digest=DIGEST, header=None, author=None, recipient=None, sid=None, joins=(0, 0)):
    """A block of Alice for Bob's prekey at any position, with anything inside."""
    key, esk = s.b.mine[0], rnd("crafted esk")
    context = p.chain_context(sid or s.sid, *joins, key.kind, key.id)
    ck = p.initiate(ALICE, esk, BOB, key.Y, context)
    for _ in range(n + 1):
        mk, ck = p.chain_step(ck)
    r = Key(ALICE, p.SESSION, "crafted")
    plain = (rnd("km") if km is None else km) + (R or r.id + r.Y)
    if header is None:
        header = p.start_header(key.kind, key.id, p.naxos_public(esk, ALICE.secret), n)
    return p.seal_block(header, plain, mk, digest, author or ALICE, recipient or BOB)


def refused():
    """Before Bob has a chain: one bad block, then the genuine one is still accepted."""
    out = []

    def bad(name, error, change=lambda s, block: block, **options):
        s = Script("refused: " + name)
        block = s.seal("a")
        s.refuse("b", change(s, block["block"]), error, **options)
        s.open("b", block)
        out.append(s.done(error=error))

    for name, change in (
            ("nothing", lambda s, b: b""), ("form alone", lambda s, b: b[:1]),
            ("133 bytes", lambda s, b: b[:-1]), ("135 bytes", lambda s, b: b + b"\0"),
            ("52 bytes", lambda s, b: b"\2" + bytes(51)), ("54 bytes", lambda s, b: b"\2" + bytes(53)),
            ("form 0", lambda s, b: put(b, 0, b"\0")), ("form 3", lambda s, b: put(b, 0, b"\3")),
            ("start form of 53 bytes", lambda s, b: b[:53]), ("continue form of 134 bytes", lambda s, b: put(b, 0, b"\2")),
            ("receive key of kind 0", lambda s, b: put(b, 1, b"\0")),
            ("receive key of kind 3", lambda s, b: put(b, 1, b"\3"))):
        bad(name, "P1", change)
    for name, X in (("X = 0", ORDER_1), ("X = 1", ORDER_2), ("X of order 8", ORDER_8B), ("X = p - 1", ORDER_4),
                    ("X = p", PRIME), ("X with its top bit set", flip(BOB.key, 31, 7))):
        bad(name, "W3", lambda s, b, X=X: put(b, 10, X))
    bad("receive key of another id", "P2", lambda s, b: flip(b, 2))
    bad("receive key of another kind", "P2", lambda s, b: put(b, 1, b"\2"))
    bad("chain first seen at n = 1,001", "P3", lambda s, b: craft(s, 1001))
    bad("n at its greatest", "P3", lambda s, b: put(b, 42, b"\xff" * 4))
    bad("continue form without a chain", "P4", lambda s, b: p.continue_header(0) + bytes(48))
    for name, at in (("k_m", 46), ("id of R", 46 + 32), ("R", 46 + 40), ("tag", -1), ("n", 45)):
        bad("%s changed" % name, "P5", lambda s, b, at=at: flip(b, at))
    bad("another X", "P5", lambda s, b: put(b, 10, CAROL.key))
    bad("another data block", "P5", digest=flip(DIGEST, 31))
    bad("another data block, same nonce", "P5", digest=flip(DIGEST, 12))
    bad("sealed in the name of another author", "P5", lambda s, b: craft(s, 0, author=CAROL))
    bad("sealed for another recipient", "P5", lambda s, b: craft(s, 0, recipient=CAROL))
    bad("author and recipient exchanged", "P5", lambda s, b: craft(s, 0, author=BOB, recipient=ALICE))
    bad("chain of another conversation", "P5", lambda s, b: craft(s, 0, sid=rnd("other")))
    bad("chain of another join epoch of the author", "P5", lambda s, b: craft(s, 0, joins=(1, 0)))
    bad("chain of another join epoch of the recipient", "P5", lambda s, b: craft(s, 0, joins=(0, 1)))
    for name, R in (("R = 0", ORDER_1), ("R = 1", ORDER_2), ("R of order 8", ORDER_8B), ("R = p - 1", ORDER_4),
                    ("R = p", PRIME), ("R with its top bit set", flip(BOB.key, 31, 7))):
        bad(name, "P6", lambda s, b, R=R: craft(s, 0, R=rnd("R id", 8) + R))
    bad("k_m that is not zero, without content", "P7", lambda s, b: craft(s, 0), content=False)
    bad("k_m with one bit set, without content", "P7", lambda s, b: craft(s, 0, km=flip(bytes(32), 31)), content=False)
    return out


def refused_later():
    """The same once Bob has a chain, Alice is in the continue form."""
    out = []

    def bad(name, error, make, **options):
        s = Script("refused later: " + name)
        prekey = s.b.mine[0]
        first = s.seal("a")
        s.open("b", first)
        s.confirm("a", first)
        before = dict(s.a.send)
        block = s.seal("a", digest=rnd("later"))
        s.refuse("b", make(s, first, block, before, prekey), error, **{"digest": rnd("later"), **options})
        s.open("b", block)
        out.append(s.done(error=error))

    def at(before, n, km=None):
        ck = before["ck"]
        for _ in range(before["n"], n + 1):
            mk, ck = p.chain_step(ck)
        header = p.continue_header(n)
        return p.seal_block(header, rnd("km") if km is None else km, mk, rnd("later"), ALICE, BOB)

    def again(first, before, R):
        mk, _ = p.chain_step(before["ck"])
        header = put(first["header"], 42, p.u32(1))
        return p.seal_block(header, rnd("km") + R, mk, rnd("later"), ALICE, BOB)

    bad("the first block again", "P3", lambda s, f, b, c, k: f["block"], digest=DIGEST)
    bad("n = 0 in the continue form", "P3", lambda s, f, b, c, k: p.continue_header(0) + b["block"][5:])
    bad("1,001 keys skipped", "P3", lambda s, f, b, c, k: at(c, 1002))
    bad("another chain to a prekey that is wiped", "P2", lambda s, f, b, c, k: put(f["block"], 10, CAROL.key))
    bad("continue form, n raised", "P5", lambda s, f, b, c, k: flip(b["block"], 4, 1))
    bad("continue form, k_m changed", "P5", lambda s, f, b, c, k: flip(b["block"], 5))
    bad("continue form, tag changed", "P5", lambda s, f, b, c, k: flip(b["block"], -1))
    bad("another data block", "P5", lambda s, f, b, c, k: b["block"], digest=rnd("not later"))
    bad("another R under the same id", "P6", lambda s, f, b, c, k: again(f, c, f["plaintext"][32:40] + CAROL.key))
    bad("k_m that is not zero, without content", "P7", lambda s, f, b, c, k: b["block"], content=False)
    bad("continue form of one byte less", "P1", lambda s, f, b, c, k: b["block"][:-1])
    return out


def furthest():
    """The bounds of P3, from within."""
    out = []
    s = Script("chain first seen at n = 1,000")
    genuine = s.seal("a")  # fixes the beginning; Bob sees another chain
    block = craft(s, 1000)
    s.steps.append({"op": "open", "by": "b", "digest": DIGEST, "block": block, "content": True, "km": rnd("km")})
    v = s.done()
    del v["final_b"]
    out.append(v)
    s = Script("1,000 keys skipped")
    first = s.seal("a")
    s.open("b", first)
    s.confirm("a", first)
    ck = s.a.send["ck"]
    for _ in range(1, 1002):
        mk, ck = p.chain_step(ck)
    header = p.continue_header(1001)
    block = p.seal_block(header, rnd("km"), mk, DIGEST, ALICE, BOB)
    s.steps.append({"op": "open", "by": "b", "digest": DIGEST, "block": block, "content": True, "km": rnd("km")})
    v = s.done()
    del v["final_b"]
    out.append(v)
    return out


def blocks():
    return [exchange(), crossing(), gaps(), outstanding()] + furthest()


FAMILIES = {"chain": chain, "blocks": blocks, "blocks-refused": refused, "blocks-refused-later": refused_later}
