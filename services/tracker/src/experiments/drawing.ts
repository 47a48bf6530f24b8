/** What a visitor gets of a test, drawn in the browser as the gateway draws it. */

import { isIncluded, isInGroup, variantOf } from "../assignment";
import type { ActiveTest, Variant } from "./active";

/** The variant of a unit that a test is for; undefined where the unit takes no part. */
export function assignedVariant(test: ActiveTest, unit: string): Variant | undefined {
  const { test_id, phase, group, traffic, variants } = test;
  if ((group && !isInGroup(group, unit)) || !isIncluded(test_id, traffic, unit)) return undefined;
  return variantOf(test_id, phase, variants, unit);
}

/** What everybody gets who takes no part. */
export function controlOf(test: ActiveTest): Variant {
  return test.variants.find((variant) => variant.is_control)!;
}
