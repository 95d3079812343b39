"""Families: digests, datablocks, valid, texts, uploads."""

import protocol as p
from sample import (ALICE, BOB, CAROL, DAVE, MIRROR, ORDER_1, ORDER_8A, PRIME, ROUTER, flip,
                    party, public, put, rnd)

PROVIDERS = p.providers_digest([ROUTER, MIRROR])
OTHERS = p.providers_digest([MIRROR, ROUTER])


def entry(who, joined=0):
    return who.field, who.key, joined


def encode(*entries):
    return p.roster([entry(*e) if isinstance(e, tuple) else entry(e) for e in entries])


ABC = encode(ALICE, BOB, CAROL)
UPDATE_NONCE = rnd("update nonce")
SETUP_RAW = p.setup(rnd("nonce"), ALICE.field, PROVIDERS, ABC)
SID = SETUP_RAW[3:35]


def head(kind, seq, k, author=0, epoch=0, roster=ABC, sid=SID):
    return p.common(sid, kind, epoch, p.roster_digest(roster), author, seq, k)


def message(seq, k, text=b"hello", km=None, **at):
    return p.msg(head(p.MSG, seq, k, **at), km or rnd("km"), rnd("text id", 16), text)


def receipt(seq, k, stopped=0, **at):
    return head(p.RCPT, seq, k, **at) + p.u8(stopped)


def update(seq, k, new, who=ALICE, providers=PROVIDERS, **at):
    return head(p.UPDATE, seq, k, **at) + UPDATE_NONCE + who.field + providers + new


def digests():
    out = []
    for name, members in (("one", [(ALICE, 0)]), ("three", [(ALICE, 0), (BOB, 0), (CAROL, 0)]),
                          ("by bytes of the id, not by its length", [(party("aa"), 1), (party("b"), 2**32 - 1)]),
                          ("ids of 1 and 64 bytes", [(party("a"), 0), (party("x" * 64), 5)])):
        raw = encode(*members)
        out.append({"name": "roster: " + name, "op": "roster",
                    "entries": [{**public(w), "joined": j} for w, j in members],
                    "encoded": raw, "digest": p.roster_digest(raw)})
    for name, raw, error in (
            ("no entry", encode(), "V8"),
            ("one id twice", encode(ALICE, ALICE), "V8"),
            ("out of order", encode(BOB, ALICE), "V8"),
            ("shorter id first, but greater", encode(party("b"), party("aa")), "V8"),
            ("trailing byte", ABC + b"\0", "W1"),
            ("last byte missing", ABC[:-1], "W1"),
            ("count too large", put(ABC, 0, p.u16(4)), "W1"),
            ("more than 1,024 entries", p.u16(1025), "W1"),
            ("empty id", put(ABC, 2, bytes(65)), "W2"),
            ("padding of an id", flip(ABC, 2 + 64), "W2"),
            ("key of small order", put(ABC, 2 + 65, ORDER_8A), "W3"),
            ("key not canonical", put(ABC, 2 + 65, PRIME), "W3")):
        out.append({"name": "roster: " + name, "op": "roster", "encoded": raw, "error": error})
    for name, members in (("two", [ROUTER, MIRROR]), ("two, turned round", [MIRROR, ROUTER]),
                          ("sixteen", [party("provider %d" % i) for i in range(16)])):
        out.append({"name": "providers: " + name, "op": "providers", "list": [public(w) for w in members],
                    "digest": p.providers_digest(members)})
    before, digests = bytes(32), []
    blocks = history()
    for raw in blocks:
        before = p.next_digest(before, raw)
        digests.append(before)
    out.append({"name": "conversation", "op": "conversation", "providers": PROVIDERS, "blocks": blocks,
                "digests": digests})
    return out


ABCD = encode(ALICE, BOB, CAROL, (DAVE, 1))


def history():
    """A valid conversation: indexes 0 to 5, of which 4 begins epoch 1."""
    return [
        SETUP_RAW,
        message(1, 0, author=0),
        receipt(1, 1, author=1),
        message(2, 2, author=0),
        update(2, 3, ABCD, BOB, author=1),
        message(1, 4, author=3, epoch=1, roster=ABCD),
    ]


def datablocks():
    km, tid = rnd("km"), rnd("text id", 16)
    msg_raw = message(2**64 - 1, 2**64 - 2, author=2, epoch=2**32 - 1, km=km)
    rcpt_raw, upd_raw = receipt(1, 0, author=1), update(1, 0, ABCD, author=0)

    def parsed(raw, kind, sid=SID):
        v = {"raw": raw, "hash": p.data_hash(raw), "type": kind, "sid": sid}
        if kind != p.SETUP:
            v.update(epoch=int.from_bytes(raw[36:40], "big"), roster_digest=raw[40:72],
                     author=int.from_bytes(raw[72:74], "big"), seq=int.from_bytes(raw[74:82], "big"),
                     k=int.from_bytes(raw[82:90], "big"))
        return v

    setup_fields = {"nonce": rnd("nonce"), "author_id": b"alice", "providers": PROVIDERS, "roster": ABC}
    com_at, c_at = 90, 122
    out = [
        {"name": "SETUP", **parsed(SETUP_RAW, p.SETUP), **setup_fields},
        {"name": "MSG", **parsed(msg_raw, p.MSG), "com": msg_raw[com_at:c_at], "sealed": msg_raw[c_at + 4:]},
        {"name": "RCPT", **parsed(rcpt_raw, p.RCPT), "stopped": False},
        {"name": "RCPT, stopped", **parsed(receipt(1, 0, 1), p.RCPT), "stopped": True},
        {"name": "UPDATE", **parsed(upd_raw, p.UPDATE), "nonce": UPDATE_NONCE, "author_id": b"alice", "providers": PROVIDERS,
         "roster": ABCD},
        {"name": "UPDATE to a roster of 64", **parsed(update(1, 0, encode(*crowd(64))), p.UPDATE),
         "nonce": UPDATE_NONCE, "author_id": b"alice", "providers": PROVIDERS, "roster": encode(*crowd(64))},
    ]
    for name, raw, error in (
            ("nothing", b"", "W1"),
            ("version alone", b"\1", "W1"),
            ("another version", put(rcpt_raw, 0, b"\2"), "V1"),
            ("another suite", put(rcpt_raw, 1, p.u16(2)), "V1"),
            ("type 0", put(rcpt_raw, 35, b"\0"), "W1"),
            ("type 5", put(rcpt_raw, 35, b"\5"), "W1"),
            ("RCPT: trailing byte", rcpt_raw + b"\0", "W1"),
            ("RCPT: flag missing", rcpt_raw[:-1], "W1"),
            ("RCPT: flag is 2", put(rcpt_raw, 90, b"\2"), "W1"),
            ("MSG: trailing byte", msg_raw + b"\0", "W1"),
            ("MSG: last byte missing", msg_raw[:-1], "W1"),
            ("MSG: C longer than allowed", put(msg_raw, c_at, p.u32(2**16 + 17)), "W1"),
            ("MSG: length of C at its greatest", put(msg_raw, c_at, b"\xff" * 4), "W1"),
            ("SETUP: trailing byte", SETUP_RAW + b"\0", "W1"),
            ("SETUP: Sid changed", flip(SETUP_RAW, 3), "V2"),
            ("SETUP: nonce changed", flip(SETUP_RAW, 36), "V2"),
            ("SETUP: author changed", p.setup(rnd("nonce"), BOB.field, PROVIDERS, ABC, SID), "V2"),
            ("SETUP: provider set changed", p.setup(rnd("nonce"), ALICE.field, OTHERS, ABC, SID), "V2"),
            ("SETUP: join epoch changed", flip(SETUP_RAW, -1), "V2"),
            ("SETUP: roster out of order", p.setup(rnd("nonce"), ALICE.field, PROVIDERS, encode(BOB, ALICE)), "V8"),
            ("SETUP: empty roster", p.setup(rnd("nonce"), ALICE.field, PROVIDERS, encode()), "V8"),
            ("SETUP: author's id padded with more than zeros", flip(SETUP_RAW, 36 + 32 + 64), "W2"),
            ("SETUP: key of small order", p.setup(rnd("nonce"), ALICE.field, PROVIDERS, put(ABC, 67, ORDER_1)), "W3"),
            ("UPDATE: one id twice", update(1, 0, encode(ALICE, ALICE)), "V8"),
            ("UPDATE: empty author's id", put(upd_raw, 122, bytes(65)), "W2"),
            ("UPDATE: id of a roster is not UTF-8", put(upd_raw, 122 + 65 + 32 + 2 + 1, b"\xff"), "W2"),
            ("UPDATE: key not canonical", put(upd_raw, 122 + 65 + 32 + 2 + 65, b"\xff" * 32), "W3"),
            ("UPDATE: count too large", put(upd_raw, 122 + 65 + 32, p.u16(1024)), "W1")):
        out.append({"name": name, "raw": raw, "error": error})
    return out


def crowd(n):
    return [party("member %03d" % i) for i in range(n)]


def valid():
    """One block each, judged after the conversation of history()."""
    full = history()
    last = dict(epoch=1, roster=ABCD)
    moved = party("dave")
    moved.key = CAROL.key
    out = []

    def judge(name, raw, blocks, error=None, past=full, providers=PROVIDERS):
        v = {"name": name, "providers": providers, "history": past, "raw": raw, "blocks": blocks}
        if error:
            v["error"] = error
        out.append(v)

    judge("SETUP", SETUP_RAW, 2, past=[])
    judge("MSG, first of its author", message(1, 4, author=0, **last), 3)
    judge("MSG, second of its author", message(2, 4, author=3, **last), 3)
    judge("MSG, k the newest", message(1, 5, author=2, **last), 3)
    judge("MSG whose C is shorter than a tag", head(p.MSG, 1, 5, **last) + rnd("com") + p.u32(15) + bytes(15), 3)
    judge("RCPT", receipt(1, 5, author=2, **last), 3)
    judge("RCPT, stopped", receipt(1, 5, 1, author=2, **last), 3)
    judge("UPDATE that adds", update(1, 5, encode(ALICE, BOB, CAROL, (DAVE, 1), (party("erin"), 2)), **last), 4)
    judge("UPDATE that removes", update(1, 5, encode(ALICE, BOB, (DAVE, 1)), **last), 3)
    judge("UPDATE that restarts", update(1, 5, encode(ALICE, (BOB, 2), CAROL, (DAVE, 1)), **last), 3)
    judge("UPDATE that leaves", update(1, 5, encode(BOB, CAROL, (DAVE, 1)), **last), 3)
    judge("UPDATE without a change", update(1, 5, ABCD, **last), 3)
    judge("UPDATE that adds, removes and restarts", update(
        1, 5, encode(ALICE, (BOB, 2), (DAVE, 1), (party("erin"), 2)), **last), 4)

    judge("MSG of another conversation", message(1, 5, sid=rnd("sid"), **last), 3, "V2")
    judge("MSG before the SETUP", message(1, 0), 2, "V3", past=[])
    judge("SETUP again", SETUP_RAW, 2, "V3")
    judge("MSG of the old epoch", message(3, 5, author=0, epoch=0, roster=ABCD), 3, "V4")
    judge("MSG of a later epoch", message(1, 5, epoch=2, roster=ABCD), 3, "V4")
    judge("MSG with another roster digest", message(1, 5, epoch=1, roster=ABC), 3, "V4")
    judge("MSG of an author who is not there", message(1, 5, author=4, **last), 3, "V5")
    judge("SETUP of an author who is not in its roster", p.setup(rnd("n"), DAVE.field, PROVIDERS, ABC), 3, "V5",
          past=[])
    judge("MSG with seq 0", message(0, 5, **last), 3, "V6")
    judge("MSG with a seq again", message(1, 5, author=3, **last), 3, "V6")
    judge("MSG that skips a seq", message(2, 5, **last), 3, "V6")
    judge("MSG with k before the epoch", message(1, 3, **last), 3, "V7")
    judge("MSG with k from the future", message(1, 6, **last), 3, "V7")
    judge("MSG with k below its author's last", message(3, 1, author=0), 2, "V7", past=full[:4])
    judge("UPDATE that changes a key", update(1, 5, put(ABCD, 67, DAVE.key), **last), 3, "V10")
    judge("UPDATE that changes a join epoch", update(1, 5, encode(ALICE, BOB, CAROL, (DAVE, 0)), **last), 3, "V10")
    judge("UPDATE that adds at an old epoch", update(
        1, 5, encode(ALICE, BOB, CAROL, (DAVE, 1), (party("erin"), 1)), **last), 4, "V10")
    judge("UPDATE that restarts with another key", update(
        1, 5, encode(ALICE, BOB, CAROL, (moved, 2)), **last), 3, "V10")
    judge("SETUP with a join epoch", p.setup(rnd("n"), ALICE.field, PROVIDERS, encode(ALICE, (BOB, 1))), 1, "V10",
          past=[])
    judge("UPDATE that leaves and removes", update(1, 5, encode(BOB, CAROL), **last), 3, "V11")
    judge("UPDATE that leaves and restarts", update(1, 5, encode((BOB, 2), CAROL, (DAVE, 1)), **last), 3, "V11")
    judge("UPDATE under another's id", update(1, 5, encode(ALICE, BOB), BOB, author=0, **last), 3, "V12")
    judge("UPDATE with another provider set", update(1, 5, encode(ALICE, BOB), providers=OTHERS, **last), 3, "V13")
    judge("SETUP with another provider set", SETUP_RAW, 2, "V13", past=[], providers=OTHERS)
    judge("MSG with a block missing", message(1, 5, **last), 2, "V14")
    judge("MSG with a block too many", message(1, 5, **last), 4, "V14")
    judge("UPDATE without the block of the one removed", update(1, 5, encode(ALICE, BOB, (DAVE, 1)), **last), 2, "V14")
    return out


def texts():
    km, tid = rnd("km"), rnd("text id", 16)
    start = head(p.MSG, 1, 0)
    header = start + p.com(km)
    out = []
    for name, text in (("empty", b""), ("hello", b"hello"), ("Greek", "γειά".encode()),
                       ("no padding", b"x" * (64 - 20)), ("padding", b"x" * (65 - 20)), ("1,000 bytes", rnd("text", 1000))):
        plain = p.text_plain(tid, text)
        out.append({"name": name, "head": start, "km": km, "text_id": tid, "text": text, "com": p.com(km),
                    "key": p.KDF("enc", 32, km), "plaintext": plain, "sealed": p.seal_text(km, plain, header),
                    "raw": p.msg(start, km, tid, text)})

    def bad(name, error, plain=None, change=None, key=km, at=header):
        sealed = p.seal_text(km, p.text_plain(tid, b"hello") if plain is None else plain, at)
        sealed = change(sealed) if change else sealed
        out.append({"name": name, "km": key, "raw": header + p.u32(len(sealed)) + sealed, "error": error})

    good = p.text_plain(tid, b"x" * 48)
    assert len(good) == 72
    bad("k_m does not fit com", "C1", key=flip(km, 0))
    bad("k_m is zero", "C1", key=bytes(32))
    bad("first bit of the seal", "C2", change=lambda c: flip(c, 0))
    bad("last bit of the seal", "C2", change=lambda c: flip(c, -1))
    bad("seal cut", "C2", change=lambda c: c[:-1])
    bad("sealed under another header", "C2", at=head(p.MSG, 2, 0) + p.com(km))
    bad("padding is not zero", "C2", plain=flip(good, -1))
    bad("padding is missing", "C2", plain=good[:68])
    bad("padding into the next bucket", "C2", plain=good + bytes(8))
    bad("length reaches beyond", "C2", plain=put(good, 16, p.u32(53)))
    bad("length at its greatest", "C2", plain=put(good, 16, b"\xff" * 4))
    bad("no room for a length", "C2", plain=good[:18])
    bad("empty plaintext", "C2", plain=b"")
    return out


def uploads():
    out = []
    raw = message(1, 0)
    ak, key_id = rnd("AK"), rnd("AK id", 8)
    start = p.start_header(p.PREKEY, rnd("prekey id", 8), ALICE.key, 0) + rnd("sealed", 88)
    short = p.continue_header(1) + rnd("sealed too", 48)
    for name, data, blocks in (("no block", receipt(1, 0), []), ("one block", raw, [start]),
                               ("two blocks", raw, [start, short]), ("two blocks, turned round", raw, [short, start])):
        upload = p.upload_id(data, blocks)
        mac = p.authenticate(ak, SID, upload)
        out.append({"name": name, "data": data, "blocks": blocks, "id": upload, "ak": ak, "key_id": key_id,
                    "sid": SID, "auth_sid_key": p.KDF("auth sid", 32, ak, SID), "mac": mac,
                    "message": b"\4" + p.u32(len(data)) + data + p.u16(len(blocks)) + b"".join(blocks)
                    + p.u16(1) + key_id + mac})
    other = out[1]
    for name, change in (("AK", {"ak": flip(ak, 0)}), ("Sid", {"sid": flip(SID, 0)}),
                         ("data block", {"data": flip(raw, -1)}), ("block", {"blocks": [flip(start, -1)]}),
                         ("a block more", {"blocks": [start, short]})):
        v = {**other, **change}
        v = {k: v[k] for k in ("data", "blocks", "ak", "key_id", "sid", "mac")}
        out.append({"name": "authentication of another " + name, **v, "error": "auth"})
    return out


FAMILIES = {"digests": digests, "datablocks": datablocks, "valid": valid, "texts": texts, "uploads": uploads}
