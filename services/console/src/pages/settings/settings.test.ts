import { describe, expect, test } from "vitest";
import { ApiError } from "~/api/errors";
import { faultsOf } from "./faults";
import { KINDS, declarationOf, missingOf } from "./kinds";
import type { StoreShown } from "./queries";
import { changesOf, faultOf, formOf } from "./store_form";

const STORE = {
  name: "Aurora",
  settings: { time_zone: "UTC", currency: "EUR", addresses: "full", page_patterns: ["/products/*"], event_names: [], abandoned_minutes: 60 },
} as unknown as StoreShown;

describe("a store's form", () => {
  const form = formOf(STORE);
  test("sends what was changed, and nothing else", () => {
    expect(changesOf(STORE, form)).toBeNull();
    expect(changesOf(STORE, { ...form, currency: " eur " })).toBeNull();
    expect(changesOf(STORE, { ...form, page_patterns: "/products/*\n\n /cart " })).toEqual({ settings: { page_patterns: ["/products/*", "/cart"] } });
    expect(changesOf(STORE, { ...form, name: " ", currency: "" })).toEqual({ name: null, settings: { currency: null } });
  });

  test("names field, value and wish", () => {
    expect(faultOf(form)).toEqual({});
    expect(faultOf({ ...form, abandoned_minutes: "1381" }).abandoned_minutes).toBe("It is “1381”. It must be a whole number from 0 to 1,380.");
    expect(faultOf({ ...form, currency: "euros" }).currency).toContain("three letters");
  });
});

describe("a refusal", () => {
  const refusal = (field: string) => new ApiError("/", 400, { message: "page_patterns.1: must be a path", details: { field } as never }, null);
  test("stands at its field, also where it names an entry of it", () => {
    expect(faultsOf(refusal("settings.page_patterns.1"), ["name", "page_patterns"])).toEqual({ of: { page_patterns: "Page_patterns.1: must be a path." }, rest: null });
    expect(faultsOf(refusal("other"), ["name"]).rest).toContain("must be a path");
    expect(faultsOf(null, ["name"])).toEqual({ of: {}, rest: null });
  });
});

describe("a destination", () => {
  const [webhook, ga4] = KINDS as [(typeof KINDS)[0], (typeof KINDS)[0]];
  test("says what is missing", () => {
    expect(missingOf(webhook, "", {}, [])).toBe("Give it a name first.");
    expect(missingOf(webhook, "Shop CRM", {}, [])).toContain("small letters");
    expect(missingOf(webhook, "shop-crm", {}, [])).toBe("Address is missing.");
    expect(missingOf(webhook, "shop-crm", { "config.url": "https://crm.example" }, [])).toBeNull();
    expect(missingOf(ga4, "ga", { "config.measurement_id": "G-1", "secrets.api_secret": "x" }, [])).toContain("streams");
  });

  test("is declared by config and secrets, without what is empty", () => {
    expect(declarationOf(ga4, { "config.measurement_id": " G-1 ", "secrets.api_secret": "x", "config.url": "y" })).toEqual({ config: { measurement_id: "G-1" }, secrets: { api_secret: "x" } });
    expect(declarationOf(webhook, { "config.url": " " })).toEqual({ config: {}, secrets: {} });
  });
});
