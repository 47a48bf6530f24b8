/** Queries and mutations of the Experiments pages. */

import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import { ApiError, faultText } from "~/api/errors";
import type { components } from "~/api/schema";
import { PAGE_ROWS } from "~/parts/pager";
import { showToast } from "~/parts/toast";
import { type Move, UNDONE_BY, movedWords } from "./moves";

type Schemas = components["schemas"];
export type Experiment = Schemas["ExperimentShown"];
export type ExperimentAnswer = Schemas["ExperimentAnswer"];
export type Listed = Schemas["ExperimentListed"];
export type Status = Listed["status"];
export type Given = Schemas["ExperimentGiven"];
export type Reported = Schemas["ExperimentResults"];
export type Results = Schemas["ResultsShown"];
export type MetricResult = Schemas["MetricResultShown"];
export type MetricOfVariant = Schemas["MetricOfVariant"];
export type Judged = Schemas["JudgedShown"];
export type Verdict = Schemas["VerdictShown"];
export type Days = Schemas["ExperimentDays"];
export type Plan = Schemas["ExperimentPlan"];
export type PageConfig = Schemas["PageShown"];
export type Slot = Schemas["SlotShown"];

/** The key of all queries about a store's tests, which a change invalidates. */
const ALL = "experiments";

export function listQuery(store: string, status: Status | undefined, cursor: string | undefined) {
  return queryOptions({
    queryKey: [ALL, store, "list", status ?? "all", cursor ?? ""],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/ab-testing/{store_id}", { params: { path: { store_id: store }, query: { status, cursor, limit: PAGE_ROWS } }, signal })),
  });
}

export function experimentQuery(store: string, test: string) {
  return queryOptions({
    queryKey: [ALL, store, "one", test],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/ab-testing/{store_id}/test/{test_id}", { params: { path: { store_id: store, test_id: test } }, signal })),
  });
}

export function resultsQuery(store: string, test: string, phase?: number) {
  return queryOptions({
    queryKey: [ALL, store, "results", test, phase ?? "last"],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/ab-testing/{store_id}/test/{test_id}/results", { params: { path: { store_id: store, test_id: test }, query: { phase } }, signal })).data,
  });
}

export function daysQuery(store: string, test: string, phase: number, metric: string) {
  return queryOptions({
    queryKey: [ALL, store, "days", test, phase, metric],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/ab-testing/{store_id}/test/{test_id}/results/days", { params: { path: { store_id: store, test_id: test }, query: { phase, metric } }, signal })).data,
  });
}

export function pageConfigsQuery(store: string) {
  return queryOptions({
    queryKey: ["page-configs", store],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/page-configs", { params: { query: { store_id: store, limit: 500 } }, signal })),
  });
}

export type PlanQuestion = NonNullable<import("~/api/schema").operations["get_experiment_plan"]["parameters"]["query"]>;

export function planQuery(store: string, question: PlanQuestion) {
  return queryOptions({
    queryKey: [ALL, store, "plan", question],
    queryFn: async ({ signal }): Promise<Plan> =>
      dataOf(await client.GET("/api/ab-testing/{store_id}/plan", { params: { path: { store_id: store }, query: question }, signal })).data,
  });
}

/** The ETag of the version that was read: a change of another version is refused. */
function tagOf(version: number) {
  return { "If-Match": `"${version}"` };
}

interface MoveAsked {
  move: Move;
  winner?: string | null;
  /** The test as the move left it that is now undone. */
  undoes?: Experiment;
}

async function sendMove(test: Experiment, { move, winner }: MoveAsked): Promise<ExperimentAnswer | null> {
  const params = { path: { store_id: test.store_id, test_id: test.test_id }, header: tagOf(test.version) };
  const base = "/api/ab-testing/{store_id}/test/{test_id}" as const;
  switch (move) {
    case "start":
      return dataOf(await client.POST(`${base}/start`, { params }));
    case "pause":
      return dataOf(await client.POST(`${base}/pause`, { params }));
    case "resume":
      return dataOf(await client.POST(`${base}/resume`, { params }));
    case "complete":
      return dataOf(await client.POST(`${base}/complete`, { params, body: { winner: winner ?? null } }));
    case "archive":
      return dataOf(await client.POST(`${base}/archive`, { params }));
    case "delete":
      await client.DELETE(base, { params });
      return null;
  }
}

/** Moves a test, in the version that was read. */
export function useMove(test: Experiment) {
  const queries = useQueryClient();
  const act = useMutation<ExperimentAnswer | null, Error, MoveAsked>({
    mutationFn: (asked) => sendMove(asked.undoes ?? test, asked),
    onSuccess: (answer, { move }) => {
      if (answer) queries.setQueryData(experimentQuery(test.store_id, test.test_id).queryKey, answer);
      const back = UNDONE_BY[move];
      showToast(movedWords(move, test.name), answer && back ? () => act.mutate({ move: back, undoes: answer.data }) : undefined);
    },
    onError: (error, { undoes }) => {
      if (undoes) showToast(`It was not undone: ${faultText(error)}`);
    },
    onSettled: (_, error, { move }) => {
      // After a conflict, the current version is read only if the reader asks for it; a deleted test is never read.
      if (isConflict(error)) return;
      void queries.invalidateQueries({ queryKey: move === "delete" ? [ALL, test.store_id, "list"] : [ALL, test.store_id] });
    },
  });
  return act;
}

/** Creates a draft, or replaces a test's definition. */
export function useSave(store: string, test: Experiment | null) {
  const queries = useQueryClient();
  return useMutation<ExperimentAnswer, Error, Given>({
    mutationFn: async (body) =>
      dataOf(
        test === null
          ? await client.POST("/api/ab-testing/{store_id}", { params: { path: { store_id: store } }, body })
          : await client.PUT("/api/ab-testing/{store_id}/test/{test_id}", { params: { path: { store_id: store, test_id: test.test_id }, header: tagOf(test.version) }, body }),
      ),
    onSuccess: (answer) => {
      queries.setQueryData(experimentQuery(store, answer.data.test_id).queryKey, answer);
      void queries.invalidateQueries({ queryKey: [ALL, store] });
    },
  });
}

export function usePreview(store: string, test: string) {
  return useMutation({
    mutationFn: async (variant: string) =>
      dataOf(await client.POST("/api/ab-testing/{store_id}/test/{test_id}/preview", { params: { path: { store_id: store, test_id: test } }, body: { variant_id: variant, expires_in: 3600 } })).data,
  });
}

/** Whether a change was refused because the test has changed, or because its state does not allow it. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409;
}
