/** Acts on a destination, for Delivery and Settings: pause, resume, test. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import { faultText } from "~/api/errors";
import type { components } from "~/api/schema";
import { readable } from "~/format/text";
import { formatDuration } from "~/format/time";
import { showToast } from "~/parts/toast";

type Trial = components["schemas"]["Trial"];
type Status = "active" | "paused";

/** Queries that show whether a destination is active. */
const KNOWN = [["delivery"], ["settings"], ["pipeline"]];

/** Pauses or resumes a destination; resuming closes its breaker too. A pause can be undone, because the
 * destination was active before. A resume cannot, because it may have been disabled. */
export function useStatusChange(destination: string) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: async (status: Status) => dataOf(await client.PATCH("/api/destinations/{destination}", { params: { path: { destination } }, body: { status } })),
    onSuccess: (_, status) => {
      if (status === "paused") showToast(`${destination} is paused. Its events wait.`, () => change.mutate("active"));
      else showToast(`${destination} is active, and its breaker closed.`);
    },
    onSettled: () => Promise.all(KNOWN.map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
  return change;
}

/** Sends one example event at once; nothing about it is stored. */
export function useTrial(destination: string) {
  return useMutation({
    mutationFn: async (): Promise<Trial> => dataOf(await client.POST("/api/destinations/{destination}/test", { params: { path: { destination } } })).data,
  });
}

/** The results of a destination's acts: a fault, or the outcome of the test event; "" before any. */
export function outcomeOf(change: { error: Error | null }, trial: { error: Error | null; data: Trial | undefined }): { text: string; isBad: boolean } {
  const fault = change.error ?? trial.error;
  if (fault) return { text: faultText(fault), isBad: true };
  return trial.data ? { text: trialText(trial.data), isBad: !trial.data.taken } : { text: "", isBad: false };
}

export function trialText(trial: Trial): string {
  const answer = trial.answer_status === null ? "" : ` with ${trial.answer_status}`;
  const what = `A test event (${trial.stream}, ${readable(trial.type)})`;
  if (trial.taken) return `${what} was taken${answer} in ${formatDuration(trial.seconds)}. Nothing about it is stored.`;
  return `${what} was not taken${answer}: ${readable(trial.error) || trial.verdict}`;
}
