/** What the gateway says of tests. A malformed answer rejects, as no answer does. */

import type { ActiveTest } from "../experiments/active";
import { assignedVariant, controlOf } from "../experiments/drawing";
import type { Assignment } from "./types";

/** Somebody who asks, by the names of the gateway's parameters. */
export type Asker = Readonly<Record<string, string | undefined>>;

export interface Call {
  host: string;
  fetch: typeof fetch;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What those get who take no part, and all where the gateway cannot be asked. */
export const CONTROL: Assignment = Object.freeze({
  variant: "control",
  isControl: true,
  phase: null,
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a value has the form of a test's id. */
export function isTestId(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}

/** What a visitor gets of a test. Nothing is exposed. */
export async function askVariant(call: Call, testId: string, asker: Asker): Promise<Assignment> {
  const data = await read(call, `variant/${testId}`, { ...asker, expose: "false" });
  const { variant_id: variant, is_control: isControl, assigned, phase } = data;
  if (typeof variant !== "string" || !variant) throw new TypeError("no variant");
  const isCounted = assigned === true && Number.isInteger(phase);
  return { variant, isControl: isControl === true, phase: isCounted ? (phase as number) : null };
}

/** The running tests of a store, on pages of a type where it is given. */
export async function askActive(
  call: Call,
  storeId: string,
  asked: { pageType?: string | undefined; key?: string | undefined },
): Promise<readonly ActiveTest[]> {
  const { tests } = await read(call, `active/${encodeURIComponent(storeId)}`, asked);
  if (!Array.isArray(tests)) throw new TypeError("no tests");
  return tests.filter((test) => isTestId(test?.test_id) && Array.isArray(test.variants));
}

/**
 * What a unit gets of a test that the page knows already; null where only the gateway can tell,
 * which knows the visitor's country, device and first visit.
 */
export function drawAtOnce(
  test: ActiveTest,
  unit: string,
  page: { pageType?: string | undefined; slug?: string | undefined },
): Assignment | null {
  const { targeting } = test;
  const asksMore =
    targeting.devices.length + targeting.countries.length + Object.keys(targeting.utm).length;
  if (asksMore || targeting.visitors !== "all") return null;
  const isHere =
    (!targeting.page_types.length || targeting.page_types.includes(page.pageType ?? "")) &&
    (!targeting.slugs.length || targeting.slugs.includes(page.slug ?? ""));
  const drawn = isHere ? assignedVariant(test, unit) : undefined;
  const variant = drawn ?? controlOf(test);
  if (!variant) return null;
  return {
    variant: variant.variant_id,
    isControl: variant.is_control,
    phase: drawn ? test.phase : null,
  };
}

/** The data of an answer. */
async function read(call: Call, path: string, asked: Asker): Promise<Record<string, unknown>> {
  const said = Object.entries(asked).filter((entry): entry is [string, string] => !!entry[1]);
  const address = `${call.host}api/ab-testing/${path}?${new URLSearchParams(said)}`;
  const { fetch, headers, signal } = call;
  const answer = await fetch(address, {
    credentials: "omit",
    ...(headers && { headers }),
    ...(signal && { signal }),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const data = (await answer.json())?.data;
  if (typeof data !== "object" || data === null) throw new TypeError("no data");
  return data;
}
