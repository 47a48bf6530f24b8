/** What a visitor gets of a test, drawn in the browser as the gateway draws it. */

import { isIncluded, isInGroup, variantIndex } from "../assignment";
import type { ActiveTest, ActiveTests, Variant } from "./active";
import { isFor, type Visit } from "./visit";

/** A variant, and the phase of whoever takes part; null for all who are exposed to nothing. */
export interface Drawn {
  variant: Variant;
  phase: number | null;
}

/**
 * What a unit gets of a test: `unit` as `unitOf` makes it, null for a robot and for whoever is not
 * counted. Null of a test that does not run here: the page stays as it is.
 */
export function draw(
  { tests, winners }: ActiveTests,
  testId: string,
  unit: string | null,
  visit: Visit,
): Drawn | null {
  const test = tests.find((one) => one.test_id === testId);
  if (!test) {
    const winner = winners.find((one) => one.test_id === testId);
    return winner ? { variant: winner, phase: null } : null;
  }
  const assigned = unit && isFor(test.targeting, visit) && assignedVariant(test, unit);
  if (assigned) return { variant: assigned, phase: test.phase };
  return { variant: controlOf(test), phase: null };
}

/** The variant of a unit that a test is for; undefined where the unit takes no part. */
export function assignedVariant(test: ActiveTest, unit: string): Variant | undefined {
  const { test_id, phase, group, traffic, variants } = test;
  if ((group && !isInGroup(group, unit)) || !isIncluded(test_id, traffic, unit)) return undefined;
  const weights = variants.map((variant) => variant.weight);
  return variants[variantIndex(test_id, phase, weights, unit)];
}

/** What everybody gets who takes no part. */
export function controlOf(test: ActiveTest): Variant {
  return test.variants.find((variant) => variant.is_control)!;
}
