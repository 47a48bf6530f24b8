import { expect, test } from "vitest";
import { PAGES, pageLoadOf } from "./pages";

const [users, experiments] = ["/users", "/experiments"].map((path) => PAGES.find((page) => page.path === path)!);

test("an address leads to what draws it", () => {
  expect(pageLoadOf("/")).toBe(PAGES[0]!.load);
  expect(pageLoadOf("/users")).toBe(users!.load);
  expect(pageLoadOf("/users/4cb5f31d")).toBe(users!.details![0]!.load);
  const [added, results, edited] = experiments!.details!;
  expect(pageLoadOf("/experiments/new")).toBe(added!.load);
  expect(pageLoadOf("/experiments/a-test")).toBe(results!.load);
  expect(pageLoadOf("/experiments/a-test/edit")).toBe(edited!.load);
});

test("an address of no page loads nothing", () => {
  expect(pageLoadOf("/sign-in")).toBeUndefined();
  expect(pageLoadOf("/usersfoo")).toBeUndefined();
});
