/** The same examples as those of the gateway's own merge, tests/unit/domain/experiments/test_slots.py. */

import { describe, expect, test } from "vitest";
import { type PageSlot, differencesOf, leafAt, leavesOf, mergedProps, mergedSlots, withLeaf } from "./merge";

const HERO: PageSlot = { slot_id: "hero", component: "Hero", position: 0, enabled: true, props: { title: "Hello", image: { src: "/a.png", alt: "A" }, tags: ["new", "old"] } };
const FEED: PageSlot = { slot_id: "feed", component: "ProductFeed", position: 1, enabled: true, props: { aspect_ratio: "1:1" } };
const HOME = [HERO, FEED];

function seen(overrides: Parameters<typeof mergedSlots>[1]["overrides"], slot_configuration: unknown[] | null = null) {
  return mergedSlots(HOME, { overrides, slot_configuration });
}
const ids = (slots: PageSlot[]) => slots.map((one) => one.slot_id);

describe("props", () => {
  test.each([
    [{ a: 1 }, {}, { a: 1 }],
    [{}, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { b: null, c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: { b: 1 } }, { a: 2 }, { a: 2 }],
    [{ a: 2 }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: { b: { c: { d: 1 } } } }, { a: { b: { c: { e: 2 } } } }, { a: { b: { c: { d: 1, e: 2 } } } }],
  ])("%j and %j are %j", (below, above, merged) => {
    expect(mergedProps(below, above)).toEqual(merged);
  });

  test("a name of every object's own machinery is a name like others", () => {
    const below = JSON.parse('{"__proto__": {"x": 1}}') as Record<string, unknown>;
    const above = JSON.parse('{"__proto__": {"y": 2}}') as Record<string, unknown>;
    expect(JSON.stringify(mergedProps(below, above))).toBe('{"__proto__":{"x":1,"y":2}}');
    expect(({} as Record<string, unknown>).y).toBeUndefined();
  });
});

describe("slots", () => {
  test("of the hero are merged deeply, and the page itself is not changed", () => {
    const [hero] = seen({ hero: { props: { title: "Sale", image: { src: "/b.png" } } } });
    expect(hero!.props).toEqual({ title: "Sale", image: { src: "/b.png", alt: "A" }, tags: ["new", "old"] });
    expect(HERO.props.image).toEqual({ src: "/a.png", alt: "A" });
  });

  test("are added where they are wanted, else at the end", () => {
    const badges = { component: "TrustBadges", props: { count: 3 } };
    expect(ids(seen({ badges }))).toEqual(["hero", "feed", "badges"]);
    expect(ids(seen({ badges: { ...badges, position: 0 } }))).toEqual(["hero", "badges", "feed"]);
    expect(ids(seen({ nowhere: { props: { a: 1 } } }))).toEqual(["hero", "feed"]);
  });

  test("are switched off, moved and drawn by others", () => {
    const slots = seen({ hero: { enabled: false, position: 9 }, feed: { component: "Grid" } });
    expect(ids(slots)).toEqual(["feed", "hero"]);
    expect(slots[1]!.enabled).toBe(false);
    expect(slots[0]!.component).toBe("Grid");
  });

  test("of a layout take the place of all others", () => {
    const slots = seen({}, [{ slot_id: "top", component: "Video", position: 1 }, { slot_id: "list", component: "ProductFeed", props: { aspect_ratio: "2:3" } }]);
    expect(ids(slots)).toEqual(["list", "top"]);
    expect(slots[0]!.props).toEqual({ aspect_ratio: "2:3", image_width: 300, image_height: 450 });
  });

  test("say what a variant made of them", () => {
    const [feed, hero] = seen({ hero: { position: 4, props: { title: "Sale" } }, feed: { props: { aspect_ratio: "3:4" } } });
    expect(differencesOf(HOME, hero!)).toEqual(["moved to 4, was 0", "props.title"]);
    expect(differencesOf(HOME, feed!)).toEqual(["props.aspect_ratio"]);
    expect(differencesOf(HOME, seen({})[1]!)).toEqual([]);
    expect(differencesOf([], HERO)).toEqual(["added"]);
  });
});

test("single values are read, set and taken out by their path", () => {
  const props = { button: { colour: "red", size: 2 }, title: "Hi" };
  expect(leavesOf(props).map((one) => one.path)).toEqual(["button.colour", "button.size", "title"]);
  expect(leafAt(props, "button.colour")).toBe("red");
  expect(leafAt(props, "constructor")).toBeUndefined();
  expect(withLeaf(props, "button.colour", "green")).toEqual({ button: { colour: "green", size: 2 }, title: "Hi" });
  expect(withLeaf({ button: { colour: "red" } }, "button.colour", undefined)).toEqual({});
});
