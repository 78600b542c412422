#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# Holds what passthroughctl printed against docs/json/passthroughctl.schema.json.
#
#   schema.py check SEEN COMMAND    JSON objects on standard input, each what
#                                   COMMAND prints or an error; notes in SEEN
#                                   which keys there were
#   schema.py unseen SEEN [-DEF...] prints the keys that never were, without
#                                   those of these definitions
#   schema.py self                  is the schema itself one?
"""Validate the output of passthroughctl."""

import json
import pathlib
import sys

import jsonschema

TOP = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = json.loads((TOP / "docs/json/passthroughctl.schema.json").read_text(encoding="utf-8"))


def validator(pointer):
    """One for the definition at a pointer."""
    return jsonschema.Draft202012Validator({"$ref": pointer, "$defs": SCHEMA["$defs"]})


def objects(text):
    """JSON objects that stand one behind the other."""
    decoder = json.JSONDecoder()
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        thing, at = decoder.raw_decode(text, at)
        yield thing


def keys(schema, pointer):
    """Yields where each key is that is described below a schema."""
    for name, child in schema.get("properties", {}).items():
        at = f"{pointer}/properties/{name}"
        if "description" in child:
            yield at
        yield from keys(child, at)
    if "items" in schema:
        yield from keys(schema["items"], pointer + "/items")


def walk(thing, schema, pointer, seen):
    """Notes the keys of a valid thing."""
    if "$ref" in schema:
        pointer = schema["$ref"]
        walk(thing, SCHEMA["$defs"][pointer.rsplit("/", 1)[1]], pointer, seen)
        return
    if isinstance(thing, dict):
        for name, child in schema.get("properties", {}).items():
            if name in thing:
                at = f"{pointer}/properties/{name}"
                seen.add(at)
                walk(thing[name], child, at, seen)
    if isinstance(thing, list) and "items" in schema:
        for item in thing:
            walk(item, schema["items"], pointer + "/items", seen)


def check(seen_file, command):
    """0 if all on standard input is valid, and there is any."""
    pointer, failed, n, seen = f"#/$defs/{command}", 0, 0, set()
    valid = {p: validator(p) for p in (pointer, "#/$defs/error")}
    for n, thing in enumerate(objects(sys.stdin.read()), 1):
        at = "#/$defs/error" if "error" in thing else pointer
        for error in valid[at].iter_errors(thing):
            failed += 1
            print(f"{command}: {error.json_path}: {error.message}")
        walk(thing, {"$ref": at}, at, seen)
    if not n:
        print(f"{command}: printed nothing")
    with open(seen_file, "a", encoding="utf-8") as out:
        out.writelines(s + "\n" for s in sorted(seen))
    return 0 if n and not failed else 1


def unseen(seen_file, without):
    """Prints what is missing; 0 if nothing is."""
    seen = set(pathlib.Path(seen_file).read_text(encoding="utf-8").split())
    missing = [key for name, schema in SCHEMA["$defs"].items() if "-" + name not in without
               for key in keys(schema, f"#/$defs/{name}") if key not in seen]
    print("\n".join(missing))
    return 1 if missing else 0


def main(arguments):
    """What the header says."""
    if arguments[0] == "check":
        return check(*arguments[1:])
    if arguments[0] == "unseen":
        return unseen(arguments[1], arguments[2:])
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
