import { expect, test } from "vitest";
import { indentedLines, inexactNumber } from "./json_text";

test("numbers stand as they came, and names that come twice", () => {
  const text = '{"id":9007199254740993,"price":1.50,"huge":1e400,"a":[],"b":{},"c":[1,{"d":"x, {y}: \\"z\\""}],"id":2}';
  expect(indentedLines(text)).toEqual([
    "{",
    '  "id": 9007199254740993,',
    '  "price": 1.50,',
    '  "huge": 1e400,',
    '  "a": [],',
    '  "b": {},',
    '  "c": [',
    "    1,",
    "    {",
    '      "d": "x, {y}: \\"z\\""',
    "    }",
    "  ],",
    '  "id": 2',
    "}",
  ]);
});

test.each(["[]", "{}", '"a"', "1", "null", '{"a":{"b":[1,2,{"c":null}]},"d":true}', '[[],[{}],"\\\\"]'])("what is small is written as JSON.stringify does: %s", (text) => {
  expect(indentedLines(text)).toEqual(JSON.stringify(JSON.parse(text), null, 2).split("\n"));
});

test("what is no JSON has no lines", () => {
  for (const text of ["", "{", "{'a': 1}", "\u0000\u0001", '{"a":1}}']) expect(indentedLines(text)).toBeNull();
});

test("a number that would lose digits is named", () => {
  expect(inexactNumber('[{"value": 9007199254740993}]')).toBe("9007199254740993");
  expect(inexactNumber('[{"value": 1e400}]')).toBe("1e400");
  expect(inexactNumber('[{"value": 0.1234567890123456789}]')).toBe("0.1234567890123456789");
  for (const fine of ["9007199254740992", "0.1", "1.50", "-0.0", "1e3", "1000000000000000000000", "0.000001", "1E-7"]) expect(inexactNumber(`[${fine}]`)).toBeNull();
  expect(inexactNumber('["9007199254740993"]')).toBeNull();
});
