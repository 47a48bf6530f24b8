/**
 * Experiments on pages without a framework: adds `variant`, `convert` and `metric` to
 * window.storepulse. Rules: a page waits at most 300 ms for an answer; who is late, a robot, or has
 * refused gets control, and no exposure. What a page was told stays as long as the page does.
 *
 * Tests for everybody are drawn here. Those that are for some only, or in a group, are asked of the
 * gateway, which knows more of the visit, its country for one.
 */

import { isIncluded, unitOf, variantIndex } from "../assignment";
import type { ActiveTest } from "../experiments/active";
import { isRobot } from "../experiments/visit";
import type { Start } from "../module";

const WAIT_MS = 300;

export const start: Start = ({ settings, host, context, consent, add }) => {
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
    const { phase, variants, targeting, group } = test;
    const { session_id, visitor_id } = context() as Record<string, string>;
    // Lists that hold something, visitors that are "new" or "returning", a group.
    if (/\["|w"|g"|_id/.test(JSON.stringify([targeting, group]))) {
      const who = `session_id=${session_id}&visitor_id=${visitor_id}&${settings.visit ?? ""}`;
      return (await ask(`variant/${testId}?expose=false&${who}&`)).data;
    }
    const unit = unitOf(visitor_id!, session_id!);
    const isIn = isIncluded(testId, test.traffic, unit);
    const weights = variants.map((variant) => variant.weight);
    const index = variantIndex(testId, phase, weights, unit);
    const variant = isIn ? variants[index] : variants.find((one) => one.is_control);
    return { ...variant, phase, assigned: isIn };
  };

  const variantOf = async (testId: string) => {
    const found = await find(testId);
    // Where the page hid something until now, and no longer, it stays as it is seen.
    if (!found || document.documentElement.dataset.spHide === "over") return "control";
    const { phase, variant_id, assigned } = found;
    if (assigned) tell("Exposure", testId, { phase, variant_id });
    return variant_id;
  };

  Object.assign((window as any).storepulse, {
    variant: async (testId: string) =>
      isCounted() ? (told[testId] ??= variantOf(testId).catch(() => "control")) : "control",
    convert: (testId: string, value?: unknown) => tell("Conversion", testId, { value }),
    metric: (testId: string, metric: string, value: unknown) =>
      tell("Metric", testId, { metric, value }),
  });
};
