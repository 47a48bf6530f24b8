/** Queries and mutations of the Dead letters page. */

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";
import { PAGE_ROWS } from "~/parts/pager";
import { showToast } from "~/parts/toast";
import type { GroupName } from "./groups_of";

export type Letter = components["schemas"]["LetterSummary"];
export type Detail = components["schemas"]["LetterDetail"];
export type Replayed = components["schemas"]["ReplayResult"];
export type ReplayBody = Partial<components["schemas"]["ReplayRequest"]>;
type Filters = NonNullable<operations["list_dead_letter_groups"]["parameters"]["query"]>;

export const ROOT = ["dead-letters"] as const;
const AGAIN = 15_000;
/** Maximum of letter ids in one request. */
export const MOST = 1000;

export function groupsQuery(filters: Filters) {
  return queryOptions({
    queryKey: [...ROOT, "groups", filters],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/dead-letters/groups", { params: { query: filters }, signal })),
    refetchInterval: AGAIN,
  });
}

/** Letters of a group, page by page. */
export function lettersQuery(filters: Filters, group: GroupName) {
  const query = { ...filters, ...group, limit: PAGE_ROWS };
  return infiniteQueryOptions({
    queryKey: [...ROOT, "letters", query],
    queryFn: async ({ signal, pageParam }) => dataOf(await client.GET("/api/dead-letters", { params: { query: { ...query, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: undefined,
  });
}

export function letterQuery(id: string) {
  return queryOptions({
    queryKey: [...ROOT, "letter", id],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/dead-letters/{dead_letter_id}", { params: { path: { dead_letter_id: id }, query: { raw: true } }, signal })).data,
    placeholderData: undefined,
    // A replay holds the letter: its outcome is known soon.
    refetchInterval: (query) => (query.state.data?.status === "reprocessing" ? 1500 : false),
  });
}

/** What a replay would do, without changing anything. */
export async function rehearse(body: ReplayBody, signal?: AbortSignal): Promise<Replayed> {
  return dataOf(await client.POST("/api/dead-letters/replay", { body: replayOf({ ...body, dry_run: true }), signal })).data;
}

export async function replay(body: ReplayBody): Promise<Replayed> {
  return dataOf(await client.POST("/api/dead-letters/replay", { body: replayOf(body) })).data;
}

function replayOf(body: ReplayBody): components["schemas"]["ReplayRequest"] {
  return { all: false, max: MOST, dry_run: false, ...body };
}

export function rehearsalQuery(id: string, patch: ReplayBody["patch"], isOn: boolean) {
  return queryOptions({
    queryKey: [...ROOT, "rehearsal", id, patch ?? null],
    queryFn: async ({ signal }) => {
      const began = performance.now();
      const result = await rehearse({ ids: [id], patch }, signal);
      return { result, at: Date.now(), seconds: (performance.now() - began) / 1000 };
    },
    enabled: isOn,
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
}

function useRefresh(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () => Promise.all([queries.invalidateQueries({ queryKey: ROOT }), queries.invalidateQueries({ queryKey: ["pipeline"] })]);
}

/** Replays one letter, or some, at once. */
export function useReplay() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: replay, onSettled: refresh });
}

export interface ToDiscard {
  /** Letters by their ids, or those of a filter. */
  choice: Pick<ReplayBody, "ids" | "filter">;
  why: string;
}

export function useDiscard() {
  const refresh = useRefresh();
  const reopen = useReopen();
  return useMutation({
    mutationFn: async ({ choice, why }: ToDiscard) => dataOf(await client.POST("/api/dead-letters/discard", { body: { all: false, dry_run: false, ...choice, why } })).data,
    onSuccess: ({ discarded, ids }) => {
      const all = ids.length === discarded;
      showToast(`${lettersText(discarded)} discarded.${all ? "" : ` Undo takes back ${ids.length} of them.`}`, () => reopen.mutate({ ids, why: "the discard was taken back" }));
    },
    onSettled: refresh,
  });
}

export function useReopen() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: { ids: string[]; why: string }) => dataOf(await client.POST("/api/dead-letters/reopen", { body })),
    onSuccess: ({ reopened }) => showToast(`${lettersText(reopened.length)} open again.`),
    onError: () => showToast("They could not be reopened. They stay as they were."),
    onSettled: refresh,
  });
}

export function runQuery(run: string, isOver: boolean) {
  return queryOptions({
    queryKey: [...ROOT, "run", run],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/dead-letters/runs/{run}", { params: { path: { run } }, signal })).data,
    placeholderData: undefined,
    refetchInterval: (query) => (isOver && query.state.data?.under_way === 0 ? false : 1000),
  });
}

export function lettersText(count: number): string {
  return count === 1 ? "1 letter" : `${count.toLocaleString("en-GB")} letters`;
}
