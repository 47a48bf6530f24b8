/**
 * Experiments on pages without a framework: adds `variant`, `convert` and `metric` to
 * window.storepulse. Rules: a page waits at most 300 ms for an answer; who is late, a robot, or has
 * refused gets control, and no exposure. What a page was told stays as long as the page does.
 *
 * Tests for everybody are drawn here. Those that are for some only are asked of the gateway, which
 * knows more of the visit, its country for one.
 */

import { isIncluded, unitOf, variantIndex } from "../assignment";
import type { ActiveTest } from "../experiments/active";
import { isRobot } from "../experiments/visit";
import type { Start } from "../module";

const WAIT_MS = 300;

export const start: Start = ({ settings, host, context, consent, add }) => {
  const root = document.documentElement.dataset;
  const told: Record<string, Promise<string>> = {};
  let active: Promise<any>;

  const isCounted = () => consent().analytics !== "denied" && !isRobot();

  const ask = (path: string) =>
    fetch(`${host}api/ab-testing/${path}key=${settings.key}`, {
      signal: AbortSignal.timeout(WAIT_MS),
    }).then((answer) => answer.json());

  const tell = (event_type: string, test_id: string, fields: object) => {
    if (isCounted()) add("experiment", { event_type, test_id, ...fields });
  };

  const find = async (testId: string) => {
    const isIt = (one: { test_id: string }) => one.test_id === testId;
    const { data } = await (active ??= ask(`active/${settings.store}?`));
    const test: ActiveTest = data.tests.find(isIt);
    if (!test) return data.winners.find(isIt);
    const { session_id, visitor_id } = context() as Record<string, string>;
    // Only lists of texts have this in them, and only a test for everybody has none.
    if (JSON.stringify([test.targeting, test.group]).match(/\["|w"|g"|_id/)) {
      const who = `session_id=${session_id}&visitor_id=${visitor_id}&${settings.visit}`;
      return (await ask(`variant/${testId}?expose=false&${who}&`)).data;
    }
    const unit = unitOf(visitor_id!, session_id!);
    const weights = test.variants.map((variant) => variant.weight);
    return {
      ...test.variants[variantIndex(testId, test.phase, weights, unit)],
      phase: test.phase,
      assigned: isIncluded(testId, test.traffic, unit),
    };
  };

  const variant = async (testId: string) => {
    const found = isCounted() && (await find(testId));
    if (!found || root.spHide === "over") return "control";
    if (found.assigned) tell("Exposure", testId, { phase: found.phase, variant_id: found.variant_id });
    return found.variant_id;
  };

  Object.assign((window as any).storepulse, {
    variant: (testId: string) => (told[testId] ??= variant(testId).catch(() => "control")),
    convert: (testId: string, value?: unknown) => tell("Conversion", testId, { value }),
    metric: (testId: string, metric: string, value: unknown) =>
      tell("Metric", testId, { metric, value }),
  });
};
