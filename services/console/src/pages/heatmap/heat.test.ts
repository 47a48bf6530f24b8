import { describe, expect, test } from "vitest";
import { FINENESS, STOPS, colourOf, mostOf, pixelsOf, weightsOf } from "./heat";
import { linesOf, paperOf } from "./paper";
import type { Clicked } from "./queries";
import { attemptsFor } from "./shrink";
import { addressOf, isPattern, listOf, markOf, shortOf } from "./words";

const GRID = { columns: 128, rowPx: 16, rows: 100, width: 1440 };

function cell(col: number, row: number, events: number) {
  return { kind: "click", col, row, events, dwell_ms: 0 };
}

function element(selector: string, clicks: number, more: Partial<Clicked> = {}): Clicked {
  return { selector, clicks, rage_clicks: 0, dead_clicks: 0, hovers: 0, dwell_ms: 0, ...more };
}

describe("the picture of cells", () => {
  test("is brightest where most events are, and fades around", () => {
    const { values, wide, greatest } = weightsOf([cell(10, 20, 5), cell(60, 20, 1)], GRID);
    const at = (col: number, row: number) => values[Math.floor((row + 0.5) * FINENESS) * wide + Math.floor((col + 0.5) * FINENESS)]!;
    expect(greatest).toBeCloseTo(5);
    expect(at(10, 20)).toBeCloseTo(5);
    expect(at(60, 20)).toBeCloseTo(1);
    expect(at(11, 20)).toBeLessThan(5);
    expect(at(11, 20)).toBeGreaterThan(1);
    expect(at(30, 20)).toBe(0);
  });

  test("keeps to the page at its edges", () => {
    const { values, wide, high } = weightsOf([cell(0, 0, 1), cell(127, 99, 1), cell(5, 400, 9)], GRID);
    expect(values.length).toBe(wide * high);
    expect(values.at(-1)).toBeGreaterThan(0);
    // What lies below the page shines nowhere, above all not on the other side.
    expect(values[wide * 20 + 10]).toBe(0);
  });

  test("draws every cell, however many there are", () => {
    const cells = Array.from({ length: 128 * 100 }, (_, place) => cell(place % 128, Math.floor(place / 128), 1));
    const pixels = pixelsOf(weightsOf(cells, GRID));
    for (let at = 3; at < pixels.length; at += 4) if (pixels[at] === 0) throw Error(`pixel ${at} is empty`);
    expect(mostOf(cells)).toBe(1);
    expect(mostOf([])).toBe(0);
  });

  test("the ramp goes from light to dark, and nothing is drawn for nothing", () => {
    expect(colourOf(0)).toEqual([...STOPS[0], 0]);
    expect(colourOf(1).slice(0, 3)).toEqual([...STOPS[3]]);
    const lightness = [0, 0.25, 0.5, 0.75, 1].map((level) => colourOf(level).slice(0, 3).reduce((one, other) => one + other));
    expect(lightness).toEqual([...lightness].sort((one, other) => other - one));
    expect(pixelsOf(weightsOf([], GRID)).every((value) => value === 0)).toBe(true);
  });
});

describe("the page under it", () => {
  test("is as large as its picture, and longer where events lie below", () => {
    expect(paperOf("desktop", { width: 1440, height: 3000 }, [], 16)).toEqual({ width: 1440, height: 3000, fold: 900, pageHeight: 3000 });
    expect(paperOf("mobile", { width: 390, height: 800 }, [{ row: 99 }], 16)).toMatchObject({ height: 1600, pageHeight: 800 });
    expect(paperOf("mobile", null, [], 16)).toMatchObject({ width: 390, height: 844 });
    expect(paperOf("desktop", null, [{ row: 199 }], 16)).toMatchObject({ width: 1440, height: 3248 });
  });

  test("lines stand at every tenth, or where three quarters, half, a quarter are left", () => {
    const shares = [1, 1, 0.9, 0.7, 0.5, 0.2, 0];
    const reach = shares.map((share, place) => ({ percent: place * 5, views: share * 10, share }));
    expect(linesOf(reach, false).map((one) => one.percent)).toEqual([15, 20, 25]);
    expect(linesOf(reach, true).map((one) => one.percent)).toEqual([10, 20, 30]);
    expect(linesOf([{ percent: 10, views: 0, share: null }], true)).toEqual([]);
  });
});

describe("words", () => {
  test("an element is called by its last part", () => {
    expect(shortOf("div.hero > a.btn-primary")).toBe("a.btn-primary");
    expect(shortOf('form input[aria-label*="next > page"]')).toBe('input[aria-label*="next > page"]');
    expect(shortOf("li:nth-of-type(2 > 1)")).toBe("li:nth-of-type(2 > 1)");
    expect(shortOf("")).toBe("(no element named)");
  });

  test("what came of its clicks is said", () => {
    expect(markOf(element("img", 640, { dead_clicks: 640 }), "click")).toBe("640 clicks, none did anything");
    expect(markOf(element("p", 3, { dead_clicks: 2, rage_clicks: 1 }), "click")).toBe("3 clicks, 2 did nothing, 1 in rage");
    expect(markOf(element("p", 3, { hovers: 1 }), "hover")).toBe("1 hover");
  });

  test("the list has what counts, most first", () => {
    const found = [element("a", 5, { hovers: 1 }), element("b", 3, { hovers: 4, dead_clicks: 1 }), element("c", 0, { hovers: 2 })];
    const names = (kind: "click" | "hover", trouble = false) => listOf(found, kind, trouble).map((one) => one.selector);
    expect(names("click")).toEqual(["a", "b"]);
    expect(names("click", true)).toEqual(["b"]);
    expect(names("hover")).toEqual(["b", "c", "a"]);
  });

  test("a pattern has no address of its own", () => {
    expect(isPattern("/products/*")).toBe(true);
    expect(isPattern("(other)")).toBe(true);
    expect(addressOf("shop.example", "/a")).toBe("https://shop.example/a");
    expect(addressOf("shop.example", "/products/*")).toBeNull();
    expect(addressOf(null, "/a")).toBeNull();
  });
});

describe("a picture from this machine", () => {
  test("is tried smaller and smaller, the best first, and never wider than it is", () => {
    const attempts = attemptsFor(2880);
    expect(attempts[0]).toEqual({ width: 1200, quality: 0.8 });
    expect(attempts.at(-1)!.width).toBeGreaterThanOrEqual(320);
    expect(attemptsFor(200).map((one) => one.width)).toEqual([200, 200, 200]);
    expect(attempts.map((one) => one.width)).toEqual(attempts.map((one) => one.width).sort((one, other) => other - one));
  });
});
