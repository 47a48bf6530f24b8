import { queryOptions } from "@tanstack/react-query";
import { CONSOLE_HEADER, client, dataOf } from "~/api/client";
import { ApiError } from "~/api/errors";
import type { components, paths } from "~/api/schema";
import { PAGE_ROWS } from "~/parts/pager";

export type Person = components["schemas"]["Person"];
export type Sort = NonNullable<NonNullable<paths["/api/people"]["get"]["parameters"]["query"]>["sort"]>;

export interface Asked {
  store_id: string;
  from: string;
  to: string;
  kind: "all" | "bot" | "shop";
  bought?: boolean;
  country?: string;
  sort: Sort;
}

/** One page of people, filtered by a text if there is one. */
export function peopleQuery(asked: Asked, words: string, cursor: string | undefined) {
  return queryOptions({
    queryKey: ["people", asked, words, cursor ?? ""],
    queryFn: async ({ signal }) => {
      const page = { ...asked, cursor, limit: PAGE_ROWS };
      if (words === "") return dataOf(await client.GET("/api/people", { params: { query: page }, signal }));
      return dataOf(await client.POST("/api/people/search", { body: { ...page, search: words, include_bots: false }, signal }));
    },
    enabled: asked.store_id !== "",
  });
}

export function countriesQuery({ store_id, from, to }: Asked) {
  return queryOptions({
    queryKey: ["countries", store_id, from, to],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/countries", { params: { query: { store_id, from, to, limit: 100 } }, signal })).data,
    enabled: store_id !== "",
    staleTime: 60_000,
  });
}

/** The whole list as a file. Throws ApiError. */
export async function readFile(asked: Asked, words: string): Promise<Blob> {
  const path = "/api/people/export";
  const answer = await fetch(path, {
    method: "POST",
    headers: { ...CONSOLE_HEADER, "Content-Type": "application/json" },
    body: JSON.stringify(words === "" ? asked : { ...asked, search: words }),
  }).catch(() => null);
  if (answer === null) throw new ApiError(path, 0, null, null);
  if (!answer.ok) throw new ApiError(path, answer.status, await answer.json().catch(() => null), answer.headers.get("X-Request-Id"));
  return answer.blob();
}
