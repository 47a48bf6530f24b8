/**
 * Which variant a unit gets, as the gateway draws it (domain/experiments/assignment.py): three
 * draws, each from MurmurHash3 (x86, 32 bits, seed 0) of the UTF-8 of a text. A bucket is a hash's
 * share of 10,000. Half of a surrogate pair counts as U+FFFD: that is how TextEncoder encodes it.
 */

const BUCKETS = 10_000;
const encoder = new TextEncoder();

/** A test's share of an exclusive group: buckets from `start` until before `end`. */
export interface Group {
  group_id: string;
  start: number;
  end: number;
}

/** The unit of a test: the visitor, else the session. */
export function unitOf(visitorId: string | null, sessionId: string): string {
  return visitorId ? `v:${visitorId}` : `s:${sessionId}`;
}

/** The hash of a text, 0 to 2³² - 1. */
export function hashOf(text: string): number {
  // Blocks have four bytes; the last one is filled up with zeros, and one of zeros adds nothing.
  const bytes = encoder.encode(`${text}\0\0\0\0`);
  const blocks = new DataView(bytes.buffer);
  const length = bytes.length - 4;
  let hash = 0;
  for (let at = 0; at <= length; at += 4) {
    const mixed = Math.imul(blocks.getInt32(at, true), 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    if (at + 4 <= length) hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The bucket of a text, 0 to 9,999. The product is below 2⁵³: no digit of it is lost. */
export function bucketOf(text: string): number {
  return Math.floor((hashOf(text) * BUCKETS) / 2 ** 32);
}

/** Whether a unit takes part in a test that `traffic` basis points take part in. */
export function isIncluded(testId: string, traffic: number, unit: string): boolean {
  return bucketOf(`in:${testId}:${unit}`) < traffic;
}

/** Whether a unit is one of those that the test has in its exclusive group. */
export function isInGroup(group: Group, unit: string): boolean {
  const bucket = bucketOf(`grp:${group.group_id}:${unit}`);
  return group.start <= bucket && bucket < group.end;
}

/** The index of a unit's variant. `weights` are in basis points and sum up to 10,000. */
export function variantIndex(
  testId: string,
  phase: number,
  weights: readonly number[],
  unit: string,
): number {
  const bucket = bucketOf(`var:${testId}:${phase}:${unit}`);
  let end = 0;
  return weights.findIndex((weight) => bucket < (end += weight));
}
