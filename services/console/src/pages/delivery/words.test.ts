import { describe, expect, test } from "vitest";
import { type Delivery, type Health, answerOf, countdown, ladderSentence, retrySteps, stateOf, troubleOf, waitingText } from "./words";

const NOW = Date.parse("2026-11-28T15:42:00Z");

function health(changes: Record<string, unknown> = {}): Health {
  return {
    name: "shop-crm",
    status: "active",
    status_reason: "",
    account_fault: "",
    breaker: { state: "closed", since: null, probe_at: null, history: [] },
    waiting: { events: 0, more: false, oldest_at: null },
    ...changes,
  } as unknown as Health;
}

function delivery(changes: Partial<Delivery>): Delivery {
  return { status: "pending", attempts: 0, last_status: null, last_error: "", ...changes } as Delivery;
}

const OPEN = { state: "open", since: "2026-11-28T15:36:58Z", probe_at: "2026-11-28T15:42:42Z" };

describe("a destination", () => {
  test("counts down to its probe, and says when that is due", () => {
    expect(countdown("2026-11-28T15:42:42Z", NOW)).toBe("0:42");
    expect(countdown("2026-11-28T16:43:05Z", NOW)).toBe("1:01:05");
    expect(countdown("2026-11-28T15:42:00Z", NOW)).toBeNull();
    expect(stateOf(health({ breaker: OPEN }), NOW)).toEqual({ tone: "bad", text: "active · open, probe in 0:42" });
    expect(stateOf(health({ breaker: { ...OPEN, probe_at: "2026-11-28T15:41:00Z" } }), NOW).text).toBe("active · open, probe due");
  });

  test.each([
    [{}, "ok", "active · closed"],
    [{ breaker: { state: "probing" } }, "warn", "half open, 1 let through"],
    [{ status: "paused" }, "neutral", "paused"],
    [{ status: "disabled", status_reason: "the receiver wants nothing any more: status 410" }, "neutral", "disabled by a 410"],
    [{ account_fault: "status 401" }, "warn", "active · refuses our account"],
  ])("is told in words: %o", (changes, tone, text) => {
    expect(stateOf(health(changes), NOW)).toEqual({ tone, text });
  });

  test("in trouble says what happened, what it means and what is not touched", () => {
    const waiting = { events: 1204, more: false, oldest_at: null };
    expect(troubleOf(health({ breaker: OPEN, waiting }), "UTC", "UTC", NOW)).toBe(
      "has taken no request since 15:36 UTC, so its breaker is open. 1,204 events wait and none is lost; waiting uses up no retries. Other destinations are not held up.",
    );
    expect(troubleOf(health(), "UTC", "UTC", NOW)).toBeNull();
    expect(troubleOf(health({ status: "disabled", status_reason: "410", waiting }), "UTC", "UTC", NOW)).toContain("resume it to send them");
    expect(troubleOf(health({ account_fault: "bad \u202Etoken" }), "UTC", "UTC", NOW)).toContain("[U+202E]");
  });

  test("counts what waits", () => {
    expect(waitingText({ events: 1, more: false, oldest_at: null })).toBe("1 event waits");
    expect(waitingText({ events: 10000, more: true, oldest_at: null })).toBe("more than 10,000 events wait");
  });
});

describe("retries", () => {
  const waits = [1, 2, 4, 60, 300];
  test("four failed: three waits are over, the fourth is under way", () => {
    expect(retrySteps(waits, 4).map((step) => step.state)).toEqual(["done", "done", "done", "next", "to come"]);
    expect(retrySteps(waits, 4).map((step) => step.wait)).toEqual(["1 s", "2 s", "4 s", "1 min", "5 min"]);
    expect(ladderSentence(waits, 4)).toBe("4 attempts failed. It waits 1 min before the next one. After that 1 more retry is left.");
  });

  test("none failed, and more than the schedule has", () => {
    expect(retrySteps(waits, 0).every((step) => step.state === "to come")).toBe(true);
    expect(retrySteps(waits, 9).at(-1)?.state).toBe("next");
    expect(ladderSentence([], 0)).toBe("No attempt has failed yet. There are 0 retries.");
  });
});

describe("a delivery's last answer", () => {
  test.each([
    [{ status: "sent", attempts: 1, last_status: 204 }, "204"],
    [{ status: "sent", attempts: 2, last_status: 200 }, "200 after 2 attempts"],
    [{ status: "skipped", last_error: "consent was withdrawn" }, "left out: consent was withdrawn"],
    [{ status: "failed", last_error: "status 400: no value" }, "status 400: no value"],
    [{}, "waits for its first request"],
  ] as [Partial<Delivery>, string][])("%o", (changes, text) => {
    expect(answerOf(delivery(changes), false)).toBe(text);
  });

  test("behind an open breaker it waits for that", () => {
    expect(answerOf(delivery({}), true)).toBe("waits for the breaker");
  });
});
