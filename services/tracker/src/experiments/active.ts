/**
 * The running tests of a store, as the gateway lists them (docs/experiments.md, "Draw a variant
 * yourself"). What this folder holds needs no tracker: React and the tracker's module share it.
 */

import type { Group } from "../assignment";

export interface Variant {
  variant_id: string;
  is_control: boolean;
  /** What the author gave the page; it means nothing here. */
  payload: Record<string, unknown>;
}

/** Whom a test is for; an empty list takes everybody. `utm` is by parameter without `utm_`. */
export interface Targeting {
  page_types: string[];
  slugs: string[];
  devices: string[];
  countries: string[];
  visitors: "all" | "new" | "returning";
  utm: Record<string, string[]>;
}

/** A running test. `traffic` and weights are in basis points. */
export interface ActiveTest {
  test_id: string;
  phase: number;
  traffic: number;
  group: Group | null;
  targeting: Targeting;
  variants: (Variant & { weight: number })[];
}

/** What everybody gets of a test that is over. */
export interface Winner extends Variant {
  test_id: string;
}

export interface ActiveTests {
  tests: ActiveTest[];
  winners: Winner[];
}

/**
 * Asks for a store's tests; rejects where no answer comes or it is no list of tests.
 *
 * `host`: the gateway's address with a slash at its end; `pageType`: "" for the tests of all pages. The answer has an entity tag and says
 * `no-cache`, so the browser's own cache asks with `If-None-Match`: a header of ours would cost a
 * preflight.
 */
export async function readActive(
  host: string,
  storeId: string,
  key = "",
  pageType = "",
): Promise<ActiveTests> {
  const asked = `${storeId}?key=${key}&pageType=${pageType}`;
  const answer = await fetch(`${host}api/ab-testing/active/${asked}`, { credentials: "omit" });
  const { data } = await answer.json();
  // A refusal has no data; it must not pass for an answer without tests.
  return { tests: data.tests, winners: data.winners };
}
