/**
 * Experiments on pages without a framework: adds `variant`, `convert` and `metric` to
 * window.storepulse, and `tell`, by which our hooks for React use the tracker's queue.
 *
 * Rules: a page waits at most 300 ms for an answer; who is late, a robot, or has refused gets
 * control, and no exposure. What a page was told stays as long as the page does.
 *
 * Tests for everybody are drawn here. Of all others the gateway is asked: of those for some only,
 * since it knows more of the visit, its country for one, and of those that are over.
 */

import { isIncluded, unitOf, variantOf } from "../assignment";
import type { ActiveTest } from "../experiments/active";
import { isRobot } from "../experiments/visit";
import type { Start } from "../module";

const WAIT_MS = 300;

export const start: Start = ({ add, consent, context, host, settings }) => {
  const told: Record<string, Promise<string>> = {};
  let active: Promise<any>;

  const isCounted = () => consent().analytics !== "denied" && !isRobot();

  const ask = async (path: string) => {
    const answer = await fetch(`${host}api/ab-testing/${path}key=${settings.key}`, {
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return (await answer.json()).data;
  };

  const tell = (event_type: string, test_id: string, fields: object) =>
    isCounted() && add("experiment", { event_type, test_id, ...fields });

  const shownOf = async (testId: string) => {
    const { tests } = await (active ??= ask(`active/${settings.store}?`));
    const { session_id, visitor_id } = context() as Record<string, string>;
    const test: ActiveTest = tests.find((one: ActiveTest) => one.test_id === testId);
    let found;
    // Lists that hold something, visitors that are "new" or "returning".
    if (!test || test.group || /\["|w"|g"/.test(JSON.stringify(test.targeting))) {
      const who = `session_id=${session_id}&visitor_id=${visitor_id}&${settings.visit ?? ""}`;
      found = await ask(`variant/${testId}?expose=false&${who}&`);
    } else {
      const unit = unitOf(visitor_id!, session_id!);
      const assigned = isIncluded(testId, test.traffic, unit);
      const variant = assigned
        ? variantOf(testId, test.phase, test.variants, unit)
        : test.variants.find((one) => one.is_control);
      found = { ...test, ...variant, assigned };
    }
    // Where the page hid something until now, and no longer, it stays as it is seen.
    if (document.documentElement.dataset.spLate) return "control";
    const { phase, variant_id, assigned } = found;
    if (assigned) tell("Exposure", testId, { phase, variant_id });
    return variant_id;
  };

  Object.assign((window as any).storepulse, {
    variant: async (testId: string) =>
      isCounted() ? (told[testId] ??= shownOf(testId).catch(() => "control")) : "control",
    tell,
    convert: (testId: string, value?: unknown) => tell("Conversion", testId, { value }),
    metric: (testId: string, metric: string, value: unknown) =>
      tell("Metric", testId, { metric, value }),
  });
};
