"""Families: primitives, suite, points, encodings, naxos."""

import primitives as pr
import protocol as p
from sample import (ALICE, BOB, ORDER_1, ORDER_2, ORDER_4, ORDER_8A, ORDER_8B, PRIME,
                    flip, own, party, public, rnd)

h = bytes.fromhex


def primitives():
    """The vectors that the RFCs publish, as printed there; this implementation
    must agree with each before anything is derived with it."""
    out = [
        {"name": "RFC 7748, 5.2, first", "op": "x25519",
         "scalar": h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
         "u": h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
         "output": h("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")},
        {"name": "RFC 7748, 5.2, second", "op": "x25519",
         "scalar": h("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
         "u": h("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
         "output": h("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")},
        {"name": "RFC 7748, 5.2, iterated once", "op": "x25519-iterated", "count": 1,
         "output": h("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")},
        {"name": "RFC 7748, 5.2, iterated 1,000 times", "op": "x25519-iterated", "count": 1000,
         "output": h("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")},
        {"name": "RFC 7748, 6.1", "op": "x25519-exchange",
         "a": h("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
         "A": h("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
         "b": h("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
         "B": h("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
         "output": h("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")},
        {"name": "RFC 5869, A.1", "op": "hkdf", "ikm": b"\x0b" * 22, "salt": bytes(range(13)),
         "info": bytes(range(0xF0, 0xFA)), "length": 42,
         "prk": h("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
         "output": h("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                     "34007208d5b887185865")},
        {"name": "RFC 5869, A.2", "op": "hkdf", "ikm": bytes(range(0x50)),
         "salt": bytes(range(0x60, 0xB0)), "info": bytes(range(0xB0, 0x100)), "length": 82,
         "prk": h("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
         "output": h("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                     "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                     "cc30c58179ec3e87c14c01d5c1f3434f1d87")},
        {"name": "RFC 5869, A.3", "op": "hkdf", "ikm": b"\x0b" * 22, "salt": b"", "info": b"", "length": 42,
         "prk": h("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
         "output": h("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                     "9d201395faa4b61a96c8")},
    ]
    sunscreen = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip "
                 b"for the future, sunscreen would be it.")
    key = bytes(range(32))
    out += [
        {"name": "RFC 8439, 2.3.2", "op": "chacha20", "key": key, "counter": 1,
         "nonce": h("000000090000004a00000000"), "plaintext": bytes(64),
         "output": h("10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
                     "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e")},
        {"name": "RFC 8439, 2.4.2", "op": "chacha20", "key": key, "counter": 1,
         "nonce": h("000000000000004a00000000"), "plaintext": sunscreen,
         "output": h("6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
                     "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
                     "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
                     "5af90bbf74a35be6b40b8eedf2785e42874d")},
        {"name": "RFC 8439, 2.5.2", "op": "poly1305",
         "key": h("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
         "plaintext": b"Cryptographic Forum Research Group",
         "output": h("a8061dc1305136c6c22b8baf0c0127a9")},
        {"name": "RFC 8439, 2.8.2", "op": "aead", "key": bytes(range(0x80, 0xA0)),
         "nonce": h("070000004041424344454647"), "ad": h("50515253c0c1c2c3c4c5c6c7"),
         "plaintext": sunscreen,
         "output": h("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                     "3ff4def08e4b7a9de576d26586cec64b6116"
                     "1ae10b594f09e26a7e902ecbd0600691")},
        {"name": "RFC 8439, A.5", "op": "aead",
         "key": h("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"),
         "nonce": h("000000000102030405060708"), "ad": h("f33388860000000000004e91"),
         "plaintext": ("Internet-Drafts are draft documents valid for a maximum of six months and may be "
                       "updated, replaced, or obsoleted by other documents at any time. It is inappropriate "
                       "to use Internet-Drafts as reference material or to cite them other than as "
                       "/\u201cwork in progress./\u201d").encode(),
         "output": h("64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
                     "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
                     "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
                     "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
                     "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
                     "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
                     "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
                     "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
                     "a6ad5cb4022b02709b"
                     "eead9d67890cbb22392336fea1851f38")},
    ]
    for v in out:
        check_primitive(v)
    return [v for v in out if v["op"] != "poly1305"]  # the library cannot be asked for it alone


def check_primitive(v):
    if v["op"] == "x25519":
        got = pr.x25519(v["scalar"], v["u"])
    elif v["op"] == "x25519-iterated":
        k = u = pr.BASE
        for _ in range(v["count"]):
            k, u = pr.x25519(k, u), k
        got = k
    elif v["op"] == "x25519-exchange":
        assert pr.x25519(v["a"], pr.BASE) == v["A"] and pr.x25519(v["b"], pr.BASE) == v["B"]
        assert pr.x25519(v["a"], v["B"]) == v["output"]
        got = pr.x25519(v["b"], v["A"])
    elif v["op"] == "hkdf":
        assert pr.hkdf_extract(v["salt"], v["ikm"]) == v["prk"], v["name"]
        got = pr.hkdf(v["salt"], v["ikm"], v["info"], v["length"])
    elif v["op"] == "chacha20":
        got = pr.chacha20(v["key"], v["counter"], v["nonce"], v["plaintext"])
    elif v["op"] == "poly1305":
        got = pr.poly1305(v["key"], v["plaintext"])
    else:
        assert pr.aead_open(v["key"], v["nonce"], v["output"], v["ad"]) == v["plaintext"], v["name"]
        got = pr.aead_seal(v["key"], v["nonce"], v["plaintext"], v["ad"])
    assert got == v["output"], (v["name"], got.hex())


LISTS = [
    ("no field", []),
    ("one empty field", [b""]),
    ("two empty fields", [b"", b""]),
    ("two names", [b"alice", b"bob"]),
    ("two names, turned round", [b"bob", b"alice"]),
    ("two names run together", [b"alicebob"]),
    ("a field of 700 bytes", [rnd("long", 700)]),
    ("many fields", [rnd("f%d" % i, i) for i in range(20)]),
]
LONG = "a purpose that makes the label longer than one block of SHA-256"


def suite():
    out = []
    for name, parts in LISTS:
        out.append({"name": "hash of " + name, "op": "hash", "purpose": "test", "fields": parts,
                    "output": p.Hash("test", *parts)})
        out.append({"name": "KDF of " + name, "op": "kdf", "purpose": "test", "fields": parts, "length": 32,
                    "output": p.KDF("test", 32, *parts)})
    out += [{"name": "hash with purpose %r" % q, "op": "hash", "purpose": q, "fields": [b"x"],
             "output": p.Hash(q, b"x")} for q in ("", LONG)]
    out += [{"name": "KDF with purpose %r" % q, "op": "kdf", "purpose": q, "fields": [b"x"], "length": 32,
             "output": p.KDF(q, 32, b"x")} for q in ("", LONG)]
    out += [{"name": "KDF of %d bytes" % n, "op": "kdf", "purpose": "test", "fields": [], "length": n,
             "output": p.KDF("test", n)} for n in (0, 1, 8, 31, 33, 64, 65, 255 * 32)]
    for i, (name, parts) in enumerate(LISTS):
        key, nonce, plain = rnd("key %d" % i), rnd("nonce %d" % i, 12), rnd("plain", (0, 1, 32, 63, 64, 65, 72, 500)[i])
        sealed = p.Seal("test", key, nonce, plain, *parts)
        base = {"op": "seal", "purpose": "test", "key": key, "nonce": nonce, "plaintext": plain, "ad": parts,
                "sealed": sealed}
        out.append({"name": "seal with " + name, **base})
    for name, change in (
            ("first bit", {"sealed": flip(sealed, 0)}),
            ("last bit", {"sealed": flip(sealed, -1, 7)}),
            ("one byte short", {"sealed": sealed[:-1]}),
            ("one byte more", {"sealed": sealed + b"\0"}),
            ("shorter than a tag", {"sealed": sealed[:15]}),
            ("nothing", {"sealed": b""}),
            ("another key", {"key": flip(key, 31)}),
            ("another nonce", {"nonce": flip(nonce, 11)}),
            ("another purpose", {"purpose": "tesu"}),
            ("a field less", {"ad": parts[:-1]}),
            ("a field more", {"ad": parts + [b""]}),
            ("two fields joined", {"ad": parts[:-2] + [parts[-2] + parts[-1]]})):
        out.append({"name": "open: " + name, **base, "op": "open", **change, "error": "open"})
    base = {"seed": rnd("seed"), "secret": rnd("secret"), "counter": 7, "purpose": "test", "index": 3}
    for name, change in (("base", {}), ("seed", {"seed": bytes(32)}), ("secret", {"secret": bytes(32)}),
                         ("counter", {"counter": 2**64 - 1}), ("purpose", {"purpose": "tesu"}),
                         ("index", {"index": 2**32 - 1})):
        v = {**base, **change}
        out.append({"name": "coins: " + name, "op": "coins", **v, "output": p.Coins(**v)})
    for lane in (0, 1, 2**32 - 2):
        v = {**base, "purpose": "%d:test" % (lane + 1)}
        out.append({"name": "coins in lane %d" % lane, "op": "coins-lane", **base, "lane": lane,
                    "output": p.Coins(**v)})
    for i in range(3):
        esk, secret = rnd("esk %d" % i), rnd("a %d" % i)
        out.append({"name": "H1 %d" % i, "op": "h1", "esk": esk, "secret": secret, "output": p.H1(esk, secret)})
        out.append({"name": "public key %d" % i, "op": "public", "scalar": esk, "output": p.Public(esk)})
        out.append({"name": "long-term key %d" % i, "op": "long-term", "random": esk,
                    "secret": p.long_term(esk), "output": p.Public(p.long_term(esk))})
        out.append({"name": "shared point %d" % i, "op": "dh", "scalar": esk, "point": p.Public(secret),
                    "output": p.DH(esk, p.Public(secret))})
    for name, point in SMALL:
        assert pr.x25519(rnd("scalar"), point) == bytes(32), name
        out.append({"name": "shared point with " + name, "op": "dh", "scalar": rnd("scalar"), "point": point,
                    "error": "W3"})
    return out


SMALL = [("u = 0", ORDER_1), ("u = 1", ORDER_2), ("order 8, first", ORDER_8A),
         ("order 8, second", ORDER_8B), ("u = p - 1", ORDER_4)]


def points():
    out = [{"name": "the base point", "point": pr.BASE},
           {"name": "a public key", "point": ALICE.key},
           {"name": "p - 2", "point": (2**255 - 21).to_bytes(32, "little")},
           {"name": "u = 2, on the twist", "point": (2).to_bytes(32, "little")}]
    for name, point in SMALL:
        out.append({"name": name, "point": point, "error": "W3", "reason": "small order"})
        out.append({"name": name + ", top bit set", "point": flip(point, 31, 7), "error": "W3",
                    "reason": "not canonical"})
        out.append({"name": name + ", one bit changed", "point": flip(point, 3, 2)})
    for i in range(19):
        out.append({"name": "p + %d" % i, "point": (2**255 - 19 + i).to_bytes(32, "little"), "error": "W3",
                    "reason": "not canonical"})
    out += [{"name": "2^255", "point": bytes(31) + b"\x80", "error": "W3", "reason": "not canonical"},
            {"name": "all ones", "point": b"\xff" * 32, "error": "W3", "reason": "not canonical"},
            {"name": "a public key, top bit set", "point": flip(ALICE.key, 31, 7), "error": "W3",
             "reason": "not canonical"},
            {"name": "the prime, spelt out", "point": PRIME, "error": "W3", "reason": "not canonical"}]
    return out


def encodings():
    out = [{"name": "bucket of %d" % n, "op": "padme", "length": n, "bucket": p.padme(n)}
           for n in (0, 1, 2, 3, 8, 9, 10, 20, 21, 22, 255, 256, 257, 261, 1000, 1024, 1025, 4097,
                     65535, 65536, 65537, 2**20, 2**20 + 5)]
    for name in ("a", "alice", "Ωμέγα", "x" * 64, "\0"):
        out.append({"name": "id %r" % name, "op": "id", "id": name.encode(), "field": p.id_field(name)})
    good = p.id_field("alice")
    for name, field, error in (
            ("empty", bytes(65), "W2"),
            ("65 bytes", b"\x41" + b"x" * 64, "W2"),
            ("padding is not zero", flip(good, 64), "W2"),
            ("first byte of the padding is not zero", flip(good, 6), "W2"),
            ("length too short for the name", b"\x04" + good[1:], "W2"),
            ("not UTF-8", b"\x01\xff" + bytes(63), "W2"),
            ("cut UTF-8", b"\x01\xce" + bytes(63), "W2"),
            ("field too short", good[:-1], "W1"),
            ("trailing byte", good + b"\0", "W1")):
        out.append({"name": "id field: " + name, "op": "id-field", "field": field, "error": error})
    return out


def naxos():
    out = []
    for i, (ini, res, context) in enumerate((
            (ALICE, BOB, b"context"), (BOB, ALICE, b"context"), (ALICE, BOB, b""),
            (ALICE, ALICE, b"with itself"), (party("Ωμέγα"), party("x" * 64), rnd("context", 200)))):
        esk_x, esk_y = rnd("esk x %d" % i), rnd("esk y %d" % i)
        x, y = p.H1(esk_x, ini.secret), p.H1(esk_y, res.secret)
        X, Y = p.Public(x), p.Public(y)
        K = p.initiate(ini, esk_x, res, Y, context)
        assert K == p.respond(res, esk_y, ini, X, context)
        out.append({"name": "exchange %d" % i, "context": context, "initiator": own(ini), "responder": own(res),
                    "esk_x": esk_x, "x": x, "X": X, "esk_y": esk_y, "y": y, "Y": Y,
                    "aY": p.DH(ini.secret, Y), "xB": p.DH(x, res.key), "xY": p.DH(x, Y), "K": K})
    for name, point in SMALL:
        out.append({"name": "one-time key " + name, "context": b"context", "initiator": own(ALICE),
                    "responder": own(BOB), "esk_x": rnd("esk"), "Y": point, "X": point, "esk_y": rnd("esk"),
                    "error": "W3"})
    for name, point in SMALL:
        out.append({"name": "long-term key " + name, "context": b"context",
                    "initiator": {**own(ALICE), "key": point}, "responder": {**own(BOB), "key": point},
                    "esk_x": rnd("esk"), "Y": p.Public(rnd("y")), "X": p.Public(rnd("x")), "esk_y": rnd("esk"),
                    "error": "W3"})
    return out


FAMILIES = {"primitives": primitives, "suite": suite, "points": points, "encodings": encodings, "naxos": naxos}
