/**
 * Exposures, each told once a page: components that come again and two that show one test tell
 * one. The gateway gives it the id that follows from store, test, phase, unit and variant
 * (domain/experiments/exposures.py), so what a reload or a server tells again counts once too.
 */

/** An exposure's own fields; store, visitor and session come from who tells it. */
export interface Exposure {
  event_type: "Exposure";
  test_id: string;
  phase: number;
  variant_id: string;
}

const known = new Set<string>();

/** The exposure of a unit that nobody has told yet on this page; null where there is none. */
export function exposureOf(
  testId: string,
  unit: string,
  phase: number,
  variantId: string,
): Exposure | null {
  const name = `${testId}:${phase}:${unit}`;
  if (known.has(name)) return null;
  known.add(name);
  return { event_type: "Exposure", test_id: testId, phase, variant_id: variantId };
}
