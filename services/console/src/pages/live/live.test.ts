import { describe, expect, test } from "vitest";
import { EMPTY, type LiveEvent, MOST_ROWS, badFields, countsOf, pause, rateOf, resume, shownRows, slowestOf, stopPointing, takeEvents, takeGap, takeRates } from "./model";
import { isOfField, linesOf } from "./source";
import { sentenceOf } from "./rows";
import { makeParser } from "./sse";

const AT = Date.parse("2026-11-28T15:42:00.000Z");

function event(n: number, more: Partial<LiveEvent> = {}): LiveEvent {
  return {
    id: `activity-0-${n}`,
    received_at: new Date(AT + n).toISOString(),
    stream: "activity",
    type: "page_view",
    what: "/",
    store_id: null,
    session_id: null,
    event_id: null,
    stage: "accepted",
    accepted_ms: 1,
    applied_ms: null,
    field: null,
    value: null,
    wish: null,
    ...more,
  };
}

const ids = (model: typeof EMPTY) => shownRows(model).map((row) => ("event" in row ? Number(row.event.id.split("-")[2]) : `gap ${row.gap.missed}`));

describe("rows", () => {
  test("newest first, whatever order they come in", () => {
    expect(ids(takeEvents(EMPTY, [event(2), event(5), event(1)]))).toEqual([5, 2, 1]);
  });

  test("of one moment, what came last stands first", () => {
    const same = { received_at: event(5).received_at };
    const model = takeEvents(EMPTY, [event(1, same), event(2, same)]);
    expect(ids(takeEvents(model, [event(3, same)]))).toEqual([3, 2, 1]);
  });

  test("an event that is told again is changed in its place", () => {
    const before = takeEvents(EMPTY, [event(1), event(2)]);
    const model = takeEvents(before, [event(1, { stage: "applied", applied_ms: 40 })]);
    expect(ids(model)).toEqual([2, 1]);
    expect(model.rows[1]).toMatchObject({ event: { stage: "applied" } });
    expect(model.rows[0]).toBe(before.rows[0]);
  });

  test("the newest 500 are kept", () => {
    const model = takeEvents(EMPTY, Array.from({ length: 700 }, (_, n) => event(n)));
    expect(model.rows).toHaveLength(MOST_ROWS);
    expect(ids(model).at(-1)).toBe(200);
  });

  test("gaps stand above what was there, and add up", () => {
    let model = takeEvents(EMPTY, [event(1)]);
    model = takeGap(takeGap(model, { missed: 3, reason: "rate" }), { missed: 4, reason: "rate" });
    model = takeEvents(model, [event(9)]);
    expect(ids(model)).toEqual([9, "gap 7", 1]);
    expect(ids(takeGap(takeGap(EMPTY, { missed: 3, reason: "slow" }), { missed: null, reason: "slow" }))).toEqual(["gap null"]);
  });

  test("gaps say how many, where that is known", () => {
    expect(sentenceOf({ missed: 1204, reason: "away" })).toBe("1,204 events came while this page was not connected");
    expect(sentenceOf({ missed: null, reason: "behind" })).toBe("Some events were passed over to stay with the present");
    expect(sentenceOf({ missed: 1, reason: "rate" })).toBe("1 event was counted and not shown, since too many came at once");
  });
});

describe("pause", () => {
  test("rows stand still and are still told what came of them", () => {
    let model = pause(takeEvents(EMPTY, [event(1)]), "asked");
    model = takeEvents(model, [event(2), event(3), event(1, { stage: "applied" })]);
    model = takeEvents(model, [event(3, { stage: "applied" })]);
    expect([ids(model), model.newer]).toEqual([[1], 2]);
    expect(shownRows(model)[0]).toMatchObject({ event: { stage: "applied" } });
    expect(ids(resume(model))).toEqual([3, 2, 1]);
  });

  test("what points ends no other pause", () => {
    expect(stopPointing(pause(EMPTY, "asked")).held).not.toBeNull();
    expect(stopPointing(pause(EMPTY, "pointing")).held).toBeNull();
    expect(stopPointing(pause(pause(EMPTY, "pointing"), "reading")).held).not.toBeNull();
    expect(pause(pause(EMPTY, "asked"), "pointing").why).toBe("asked");
  });
});

describe("rates", () => {
  const zero = { accepted: 0, applied: 0, duplicate: 0, rejected: 0, dead: 0 };
  const told = (until: number, seconds: Record<number, number> = {}, is_current = true) => ({
    since: new Date((until - 90) * 1000).toISOString(),
    until: new Date(until * 1000).toISOString(),
    is_current,
    seconds: Object.entries(seconds).map(([at, applied]) => ({ at: new Date(Number(at) * 1000).toISOString(), ...zero, applied })),
  });

  test("a second without events is zero, one that is not known is none", () => {
    let model = takeRates(EMPTY, told(1000, { 998: 5 }));
    model = takeRates(model, told(1003, {}, false));
    expect([899, 909, 910, 998, 999, 1000, 1002, 1003].map((second) => countsOf(model, second)?.applied ?? null)).toEqual([null, null, null, 5, 0, null, null, null]);
    expect(countsOf(takeRates(EMPTY, told(1000)), 910)?.applied).toBe(0);
  });

  test("what was not known is, once it is told", () => {
    const model = takeRates(takeRates(EMPTY, told(1000, {}, false)), told(1001, { 999: 7 }));
    expect(countsOf(model, 999)?.applied).toBe(7);
    expect(countsOf(model, 998)).toBeNull();
  });

  test("means leave unknown seconds out", () => {
    const model = takeRates(EMPTY, told(1000, { 999: 20, 991: 10 }));
    expect(rateOf(model, (counts) => counts.applied)).toBe(3);
    expect(rateOf(EMPTY, (counts) => counts.applied)).toBeNull();
  });

  test("of the rows here", () => {
    const rows = takeEvents(EMPTY, Array.from({ length: 100 }, (_, n) => event(n, { applied_ms: n + 1, field: n < 3 ? `f${n % 2}` : null }))).rows;
    expect([slowestOf(rows), slowestOf([]), badFields(rows)]).toEqual([95, null, 2]);
  });
});

describe("the stream's text", () => {
  const TEXT = ': live\nretry: 2000\n\nevent: events\ndata: {"a":\ndata: 1}\nid: x-7\n\nevent: rates\ndata: {}\n\n';

  test("messages come out whole, wherever it is cut", () => {
    const whole = [
      { kind: "events", data: '{"a":\n1}', id: "x-7" },
      { kind: "rates", data: "{}", id: "x-7" },
    ];
    for (let at = 0; at <= TEXT.length; at += 1) {
      const parse = makeParser();
      expect([...parse(TEXT.slice(0, at)), ...parse(TEXT.slice(at))]).toEqual(whole);
    }
  });
});

describe("what came", () => {
  test("the wrong field's line is known by its last name", () => {
    expect(isOfField('    "price": -1,', "items[0].price")).toBe(true);
    expect(isOfField('    "priceless": -1,', "price")).toBe(false);
    expect(isOfField("{", "")).toBe(false);
  });

  test("what is no JSON stands as it came", () => {
    expect(linesOf("<script>\nalert(1)", undefined)).toEqual(["<script>", "alert(1)"]);
    expect(linesOf('{"chat":9007199254740993}', undefined)).toEqual(["{", '  "chat": 9007199254740993', "}"]);
    expect(linesOf('{"a":[1]}', undefined)).toEqual(["{", '  "a": [', "    1", "  ]", "}"]);
  });
});
