import { expect, test } from "vitest";
import { ApiError, PAGE_FAULT } from "~/api/errors";
import { outcomeOf } from "./status";

const TRIAL = { taken: false, answer_status: 500, stream: "cart", type: "cart_add", seconds: 0.2, error: "", verdict: "retry" } as never;

test("what came of an act is a fault, else what the test event met", () => {
  const none = { error: null, data: undefined };
  expect(outcomeOf(none, none)).toEqual({ text: "", isBad: false });
  expect(outcomeOf(none, { error: null, data: TRIAL })).toEqual({ text: "A test event (cart, cart_add) was not taken with 500: retry", isBad: true });
  expect(outcomeOf({ error: new ApiError("/", 409, { message: "it is disabled" }, null) }, { error: null, data: TRIAL })).toEqual({ text: "it is disabled", isBad: true });
  expect(outcomeOf({ error: new TypeError("x is undefined") }, none).text).toBe(PAGE_FAULT);
});
