"""Bodies that are no good request, or only just one: bytes by name, for paths that take JSON.

`bodies` spoils a good event as a whole: its bytes, its encoding, its grammar. `fields` puts values
of every kind into every field of it. Both are deterministic.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_MARK = "\u0001"

#: JSON texts that stand where a value belongs; not all of them are JSON.
VALUES: dict[str, str] = {
    "null": "null",
    "true": "true",
    "false": "false",
    "zero": "0",
    "minus zero": "-0",
    "one": "1",
    "minus one": "-1",
    "half": "0.5",
    "1e0": "1e0",
    "1E+2": "1E+2",
    "1e-400": "1e-400",
    "1e999": "1e999",
    "-1e999": "-1e999",
    "0e999999999": "0e999999999",
    "2^31": "2147483648",
    "-2^31-1": "-2147483649",
    "2^53+1": "9007199254740993",
    "2^63": "9223372036854775808",
    "-2^63-1": "-9223372036854775809",
    "2^64": "18446744073709551616",
    "digits": "9" * 5_000,
    "fraction": "0." + "1" * 5_000,
    "0E+20": "0E+20",
    "836.9999999999998": "836.9999999999998",
    "empty text": '""',
    "text": '"x"',
    "space": '" "',
    "NUL": r'"\u0000"',
    "NULs": r'"a\u0000b"',
    "half a pair": r'"\ud800"',
    "other half": r'"\udfff"',
    "halves apart": r'"\ud83d x \ude00"',
    "a pair": r'"\ud83d\ude00"',
    "long text": '"' + "x" * 60_000 + '"',
    "escapes": r'"\/\b\f\n\r\t"',
    "bad escape": r'"\x41"',
    "short escape": r'"\u00"',
    "raw newline": '"a\nb"',
    "raw tab": '"a\tb"',
    "raw NUL": '"a\0b"',
    "no end": '"abc',
    "single quotes": "'x'",
    "list": "[]",
    "object": "{}",
    "list of lists": "[[[]]]",
    "list of null": "[null]",
    "mixed list": '[1,"a",null,{}]',
    "object in object": '{"a":{"b":{}}}',
    "deep list": "[" * 40 + "]" * 40,
    "deep object": '{"a":' * 40 + "1" + "}" * 40,
    "very deep": "[" * 3_000 + "]" * 3_000,
    "open lists": "[" * 3_000,
    "prototype": '{"__proto__":{"admin":true}}',
    "keys twice": '{"a":1,"a":2}',
    "empty key": '{"":1}',
    "NUL in a key": r'{"\u0000":1}',
    "half a pair in a key": r'{"\ud800":1}',
    "201 keys": "{" + ",".join(f'"{n}":1' for n in range(201)) + "}",
    "long key": '{"' + "k" * 20_000 + '":1}',
    "NaN": "NaN",
    "Infinity": "Infinity",
    "nothing": "",
    "undefined": "undefined",
    "True": "True",
    "None": "None",
    "hex": "0x10",
    "octal": "010",
    "plus": "+1",
    "point": ".5",
    "point last": "5.",
    "exponent alone": "1e",
    "two minus": "--1",
    "comma": "1,",
    "two values": "1 2",
    "comment": "/*x*/1",
    "date": '"2026-02-30T00:00:00Z"',
    "year 0": '"0000-01-01T00:00:00Z"',
    "year 10000": '"10000-01-01T00:00:00Z"',
    "leap second": '"2016-12-31T23:59:60Z"',
    "epoch": "1e300",
    "uuid in braces": '"{11111111-1111-4111-8111-111111111111}"',
    "script": '"</script>"',
    "url": '"https://[/"',
    "IPv6 url": '"http://[::1]:99999/"',
    "user in url": '"https://a:b@c.example/"',
    "percent": '"https://a.example/%"',
    "not UTF-8 in url": '"https://a.example/%92%e4?q=%ff"',
    "tilde": '"~"',
    "unicode digits": '"\u0661\u0662"',
}


def fields(event: dict[str, Any], names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The event with each value in each field, and with each field gone."""
    for name in names:
        text = json.dumps({**event, name: _MARK})
        marked = json.dumps(_MARK)
        for what, value in VALUES.items():
            yield f"{name}: {what}", text.replace(marked, value, 1).encode()
        yield (
            f"{name}: left out",
            json.dumps({k: v for k, v in event.items() if k != name}).encode(),
        )


def bodies(event: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The event spoilt as a whole, and bodies that are none."""
    good = json.dumps(event).encode()
    yield from _truncated(good)
    yield from _encoded(event, good)
    yield from _grammar(good)
    yield from _shapes(event, good)


def _truncated(good: bytes) -> Iterator[tuple[str, bytes]]:
    for cut in range(0, len(good), max(1, len(good) // 40)):
        yield f"cut at {cut}", good[:cut]
        yield f"from {cut}", good[cut + 1 :]
    for at in range(0, len(good), max(1, len(good) // 30)):
        for byte in (0x00, 0x1F, 0x22, 0x5C, 0x7B, 0x7F, 0x80, 0xC0, 0xED, 0xF5, 0xFF):
            yield f"{byte:02x} at {at}", good[:at] + bytes([byte]) + good[at + 1 :]


def _encoded(event: dict[str, Any], good: bytes) -> Iterator[tuple[str, bytes]]:
    text = json.dumps({**event, "session_id": "s\u00e9"}, ensure_ascii=False)
    for encoding in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-7",
        "latin-1",
        "cp037",
        "utf-8-sig",
    ):
        yield encoding, text.encode(encoding)
    for what, raw in (
        ("overlong", b"\xc0\xaf"),
        ("overlong NUL", b"\xc0\x80"),
        ("surrogate", b"\xed\xa0\x80"),
        ("surrogate pair", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
        ("five bytes", b"\xf8\x88\x80\x80\x80"),
        ("lone continuation", b"\x80"),
        ("cut character", b"\xe2\x82"),
        ("cut emoji", b"\xf0\x9f\x98"),
        ("shift-jis", b"\x83\x5c"),
        ("gbk", b"\xb1\xb1"),
        ("koi8", b"\xf7\xcf"),
    ):
        yield f"{what} in a value", good[:-1] + b', "selector": "' + raw + b'"}'
        yield f"{what} in a key", good[:-1] + b', "' + raw + b'": 1}'
        yield f"{what} in front", raw + good
        yield f"{what} at the end", good + raw


def _grammar(good: bytes) -> Iterator[tuple[str, bytes]]:
    inside = good[1:-1]
    yield from {
        "empty": b"",
        "spaces": b"   ",
        "newline": b"\n",
        "NUL": b"\0",
        "NUL at the end": good + b"\0",
        "NUL in front": b"\0" + good,
        "twice": good * 2,
        "two lines": good + b"\n" + good,
        "x at the end": good + b"x",
        "comma at the end": b"{" + inside + b",}",
        "comma in front": b"{," + inside + b"}",
        "two commas": b"{" + inside + b',,"a":1}',
        "no braces": inside,
        "single quotes": good.replace(b'"', b"'"),
        "no quotes": good.replace(b'"', b""),
        "comment": b"/* x */" + good,
        "line comment": b"// x\n" + good,
        "hash": b"# x\n" + good,
        "comment inside": b"{/*x*/" + inside + b"}",
        "equals": good.replace(b":", b"="),
        "semicolons": good.replace(b",", b";"),
        "parentheses": b"(" + good + b")",
        "XSSI prefix": b")]}'\n" + good,
        "JSONP": b"callback(" + good + b")",
        "form": b"data=%7B%22a%22%3A1%7D",
        "XML": b"<event/>",
        "YAML": b"a: 1\n",
        "form feed": b"\x0c" + good,
        "no-break space": b"\xc2\xa0" + good,
        "line separator": b"\xe2\x80\xa8" + good,
        "record separator": b"\x1e" + good,
        "gzip magic": b"\x1f\x8b\x08" + good,
        "msgpack": b"\x81\xa1a\x01",
        "CBOR": b"\xa1aa\x01",
        "pickle": b"\x80\x04N.",
        "Avro": b"\0\0\0\0\x01" + good,
        "PNG": b"\x89PNG\r\n\x1a\n",
        "HTTP": b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        "multipart": b"--a\r\n\r\n" + good + b"\r\n--a--\r\n",
        "base64": b"eyJhIjoxfQ==",
        "true": b"true",
        "null": b"null",
        "number": b"7",
        "text": b'"x"',
        "minus": b"-",
        "quote": b'"',
        "backslash": b"\\",
        "brace": b"{",
        "bracket": b"[",
        "colon": b"{:}",
        "key alone": b'{"a"}',
        "key is a number": b"{1:2}",
        "key is null": b"{null:1}",
        "value missing": b'{"a":}',
        "nested quote": b'{"a":""b""}',
        "long number": b"1" * 60_000,
        "long spaces": b" " * 60_000 + good,
        "spaces inside": good.replace(b":", b":" + b" " * 3_000),
    }.items()


def _shapes(event: dict[str, Any], good: bytes) -> Iterator[tuple[str, bytes]]:
    inside = good[1:-1]
    for depth in (31, 32, 33, 64, 500, 1_000, 5_000, 50_000):
        yield f"{depth} lists", b"[" * depth + b"]" * depth
        yield f"{depth} open lists", b"[" * depth
        yield f"{depth} objects", b'{"a":' * depth + b"1" + b"}" * depth
        yield (
            f"{depth} lists in metadata",
            good[:-1] + b', "metadata": {"a":' + b"[" * depth + b"]" * depth + b"}}",
        )
    for name in (
        "__proto__",
        "constructor",
        "toString",
        "",
        " ",
        "\0",
        "event_id\0",
        "k" * 20_000,
        "\u202e",
        "a.b",
    ):
        for value in (1, {}, None, {"admin": True}):
            yield f"extra {name[:20]!r}: {value}", json.dumps({**event, name: value}).encode()
    yield "9,000 keys", json.dumps({**event, **{f"k{n}": n for n in range(9_000)}}).encode()
    yield "one key 9,000 times", b"{" + inside + b',"k":1' * 9_000 + b"}"
    yield "every field twice", b"{" + inside + b"," + inside + b"}"
    yield "events in events", json.dumps({"events": {"events": [event]}}).encode()
    for what, events in {
        "no events": [],
        "null": [None],
        "numbers": [1, 2],
        "texts": ["a"],
        "lists": [[]],
        "an empty event": [{}],
        "good and null": [event, None],
        "good and list": [event, [event]],
        "501 events": [{}] * 501,
    }.items():
        yield f"batch: {what}", json.dumps({"events": events}).encode()
        yield f"list: {what}", json.dumps(events).encode()
    for what, value in (
        ("null", None),
        ("object", {}),
        ("text", "[]"),
        ("number", 1),
        ("true", True),
    ):
        yield f"events is {what}", json.dumps({"events": value}).encode()
        yield f"stream is {what}", json.dumps({"stream": value, "events": [event]}).encode()
        yield f"key is {what}", json.dumps({"key": value, "events": [event]}).encode()
