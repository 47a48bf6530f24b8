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
