#!/usr/bin/env python3
"""Writes the vector files: python3 generate.py [directory].

Everything is deterministic: whoever runs it gets the same bytes. Needs Python
3.8 or later, nothing else. See README.md.
"""

import json
import os
import sys

sys.dont_write_bytecode = True

import family_channel
import family_pair
import family_state
import family_suite

MAX_FILE = 200_000


def hexed(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {k: hexed(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [hexed(v) for v in value]
    return value


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for module in (family_suite, family_state, family_pair, family_channel):
        for family, make in module.FAMILIES.items():
            vectors = make()
            names = [v["name"] for v in vectors]
            assert vectors and len(names) == len(set(names)), family
            text = json.dumps(hexed({"family": family, "format": 1, "vectors": vectors}), indent=1) + "\n"
            assert len(text) < MAX_FILE, (family, len(text))
            with open(os.path.join(out, family + ".json"), "w", encoding="ascii", newline="\n") as f:
                f.write(text)


if __name__ == "__main__":
    main()
