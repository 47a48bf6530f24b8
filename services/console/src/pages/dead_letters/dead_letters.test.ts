import { describe, expect, test } from "vitest";
import { bytesOf, rowsOf, textOf, wireOf } from "./bytes";
import { diffOf, diffSentence, linesOfPair } from "./diff";
import { groupKey, groupOfKey } from "./groups_of";
import { parsePatch, suggestedPatch } from "./patch";
import { hoursOf } from "./groups_of";

describe("a diff", () => {
  test("shows what a patch takes out and puts in, with the lines around it", () => {
    const [before, after] = linesOfPair({ event_id: "e", content_crc: 1, ip: "unknown", note: null }, { event_id: "e", content_crc: 2, ip: null, note: null });
    expect(before).toEqual(["{", '  "event_id": "e",', '  "ip": "unknown"', "}"]);
    expect(diffOf(before, after)).toEqual([
      { sign: " ", number: 1, text: "{" },
      { sign: " ", number: 2, text: '  "event_id": "e",' },
      { sign: "−", number: 3, text: '  "ip": "unknown"' },
      { sign: "+", number: 3, text: '  "ip": null' },
      { sign: " ", number: 4, text: "}" },
    ]);
    expect(diffSentence(diffOf(before, after))).toBe("The patch takes out 1 line and puts in 1.");
    expect(diffSentence(diffOf(before, before))).toBe("The patch changes nothing.");
  });

  test("keeps what is the same where lines move", () => {
    const lines = diffOf(["a", "b", "c"], ["b", "c", "d"]);
    expect(lines.map(({ sign, text }) => sign + text)).toEqual(["−a", " b", " c", "+d"]);
    expect(diffOf([], ["x"])).toEqual([{ sign: "+", number: 1, text: "x" }]);
  });
});

describe("bytes", () => {
  const bytes = bytesOf(btoa("\u0000\u0000\u0000\u0000\u0002H01a21f6c-d984"));
  test("stand in rows of twelve, with their text beside them", () => {
    const [first, second] = rowsOf(bytes);
    expect(first).toEqual({ offset: "0000", hex: ["00", "00", "00", "00", "02", "48", "30", "31", "61", "32", "31", "66"], text: ".....H01a21f" });
    expect(second!.offset).toBe("000c");
  });
  test("say which schema wrote them", () => {
    expect(wireOf(bytes)).toBe("magic byte, schema id 2, Avro");
    expect(wireOf(bytesOf(btoa("{}")))).toContain("not in");
    expect(textOf(bytesOf(btoa("\xff<b>")))).toBe("\ufffd<b>");
  });
});

describe("a patch", () => {
  test.each([
    ["", null],
    ['[{"op": "remove", "path": "/ip"}]', null],
    ["[{", "not JSON yet"],
    ['{"op": "remove"}', "list of operations"],
    ['[{"op": "empty", "path": "/ip"}]', "Operation 1 must have an “op”"],
    ['[{"op": "remove", "path": "ip"}]', "begins with /"],
    ['[{"op": "replace", "path": "/client_id", "value": 9007199254740993}]', "9007199254740993 would lose digits"],
    ['[{"op": "replace", "path": "/client_id", "value": "9007199254740993"}]', null],
  ])("%s", (text, fault) => {
    const parsed = parsePatch(text);
    if (fault === null) expect(parsed.fault).toBeNull();
    else expect(parsed.fault).toContain(fault);
  });

  test("is suggested for the field that was wrong", () => {
    expect(parsePatch(suggestedPatch({ ip: "unknown" }, "ip")).patch).toEqual([
      { op: "test", path: "/ip", value: "unknown" },
      { op: "replace", path: "/ip", value: null },
    ]);
    expect(suggestedPatch({ ip: "unknown" }, "quantity")).toBe("");
    expect(suggestedPatch(null, "ip")).toBe("");
  });
});

describe("a group", () => {
  test("is named in the address", () => {
    const group = { stream: "cart", stage: "store", reason: "refused: by ~ the database" };
    expect(groupOfKey(groupKey(group))).toEqual(group);
    expect(groupOfKey("nothing")).toBeNull();
  });

  test("has a value for each hour, also for those without letters", () => {
    const hours = hoursOf("2026-11-28T00:00:00.000Z", [{ hour: "2026-11-28T02:00:00.000Z", letters: 3 }], Date.parse("2026-11-28T03:10:00Z"));
    expect(hours).toEqual([0, 0, 3, 0]);
  });
});
