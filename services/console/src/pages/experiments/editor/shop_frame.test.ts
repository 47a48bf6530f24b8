import { expect, test } from "vitest";
import { shopPathOf } from "./shop_frame";

const SHOP = "aster-and-loom.example";

test.each([
  [SHOP, "home", "front", ""],
  [SHOP, "product", "tee-oat", "/p/tee-oat"],
  [SHOP, "product", "*", "/p/coat-camel"],
  [SHOP, "product", "../../analytics?x#y", "/p/..%2F..%2Fanalytics%3Fx%23y"],
  [SHOP, "checkout", "cart", null],
  ["shop.example", "home", "front", null],
  [null, "home", "front", null],
])("%s has %s/%s at %s", (domain, page_type, slug, path) => {
  expect(shopPathOf(domain, { page_type, slug })).toBe(path);
});

test("a draft without a page has none", () => {
  expect(shopPathOf(SHOP, null)).toBeNull();
});
