import { describe, expect, test } from "vitest";
import { chatOf, outcomeOf, secondsOn, visitsOf } from "./blocks";
import { deviceOf } from "./device";
import type { PersonEvent, PersonSession } from "./queries";

function told(at: string, more: Partial<PersonEvent> = {}): PersonEvent {
  return {
    event_id: at,
    stream: "activity",
    kind: "page",
    type: "page_view",
    occurred_at: `2026-11-28T${at}:00.000Z`,
    session_id: "s-1",
    name: null,
    title: null,
    product_id: null,
    page_url: "https://shop.example/a",
    text: null,
    persona: null,
    quantity: null,
    value: null,
    currency: null,
    order_id: null,
    image_url: null,
    archived_url: null,
    is_image_inline: false,
    metadata: null,
    next_page_at: null,
    ...more,
  };
}

function visit(from: string, to: string, more: Partial<PersonSession> = {}): PersonSession {
  const at = (clock: string) => `2026-11-28T${clock}:00.000Z`;
  return { session_id: "s-1", started_at: at(from), ended_at: at(to), entry_page: "/a", exit_page: "/a", source: null, country: null, user_agent: null, pages: 1, events: 1, steps: ["page_view"], bought: [], ...more };
}

describe("visits", () => {
  const sessions = [visit("15:00", "15:20"), visit("09:00", "09:10")];

  test("newest first, each with its events oldest first; an order soon after belongs to it", () => {
    const newest = [told("15:30", { stream: "order", kind: "order", type: "paid" }), told("15:20"), told("15:00"), told("09:05")];
    const [day] = visitsOf(newest, sessions, "UTC");
    expect(day!.blocks.map((block) => block.events.map((event) => event.event_id))).toEqual([["15:00", "15:20", "15:30"], ["09:05"]]);
    expect(day!.events).toBe(4);
  });

  test("what belongs to no visit stands alone, and days are the store's", () => {
    const newest = [told("15:20", { session_id: null }), told("09:05")];
    const days = visitsOf(newest, sessions, "Pacific/Auckland");
    expect(days.map((day) => day.day)).toEqual(["2026-11-29", "2026-11-28"]);
    expect(days[0]!.blocks[0]!.session).toBeNull();
  });

  test("a page and its product are one row", () => {
    const product = told("15:00", { event_id: "p", type: "product_view", title: "Moss Jacket" });
    expect(visitsOf([product, told("15:00")], sessions, "UTC")[0]!.blocks[0]!.events).toEqual([product]);
    const other = told("15:00", { event_id: "p", type: "product_view", page_url: "https://shop.example/b" });
    expect(visitsOf([other, told("15:00")], sessions, "UTC")[0]!.blocks[0]!.events).toHaveLength(2);
  });

  test("seconds end with the next page of the same visit", () => {
    const page = told("15:00", { next_page_at: "2026-11-28T15:01:12.000Z" });
    expect(secondsOn(page, sessions[0]!)).toBe(72);
    expect(secondsOn(told("15:00", { next_page_at: "2026-11-28T15:25:00.000Z" }), sessions[0]!)).toBeNull();
    expect(secondsOn(told("15:00"), sessions[0]!)).toBeNull();
  });

  test.each([
    [["page_view", "add_to_cart", "purchase"], "bought"],
    [["page_view", "add_to_cart", "checkout_start"], "checkout"],
    [["add_to_cart"], "cart"],
    [["page_view"], "left"],
  ])("its outcome is the furthest step: %o", (steps, outcome) => {
    expect(outcomeOf(visit("15:00", "15:20", { steps }))).toBe(outcome);
  });
});

test("a chat is read oldest first", () => {
  const days = chatOf([told("15:20"), told("15:00")], "UTC");
  expect(days[0]!.blocks.map((block) => block.id)).toEqual(["15:00", "15:20"]);
});

test.each([
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0", "Edge on Windows"],
  ["curl/8.5", null],
])("a program is named as people know it: %s", (agent, name) => {
  expect(deviceOf(agent)).toBe(name);
});
