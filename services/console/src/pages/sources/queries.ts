import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";
import type { Compared } from "~/state/period";

export type SessionFigures = components["schemas"]["SessionFigures"];
export type SeenPage = components["schemas"]["SeenPage"];
export type Vital = components["schemas"]["Vital"];
type SourcesQuery = NonNullable<operations["list_sources"]["parameters"]["query"]>;
type PagesQuery = NonNullable<operations["list_pages"]["parameters"]["query"]>;

/** One origin of sessions: a source, a medium, a campaign or a country. */
export interface Origin extends SessionFigures {
  name: string | null;
}

export interface Origins {
  data: Origin[];
  total: number;
  more: boolean;
  next_cursor: string | null;
  totals: SessionFigures;
  comparison: { totals: SessionFigures } | null;
}

export type OriginKind = "source" | "medium" | "campaign" | "country";

/** Where sessions came from, by one of the things that are known of it. */
export function originsQuery(kind: OriginKind, query: SourcesQuery) {
  return queryOptions({
    queryKey: ["origins", kind, query],
    queryFn: async ({ signal }): Promise<Origins> => {
      if (kind === "country") {
        const found = dataOf(await client.GET("/api/analytics/countries", { params: { query }, signal }));
        return { ...found, comparison: null, data: found.data.map(({ country, ...rest }) => ({ ...rest, name: country })) };
      }
      const asked = { ...query, by: kind };
      const found = dataOf(await client.GET("/api/analytics/sources", { params: { query: asked }, signal }));
      return { ...found, data: found.data.map(({ source, ...rest }) => ({ ...rest, name: source })) };
    },
  });
}

export function pagesQuery(query: PagesQuery) {
  return queryOptions({
    queryKey: ["pages seen", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/pages", { params: { query }, signal })),
  });
}

export interface VitalsQuery {
  store_id: string;
  from: string;
  to: string;
  compare?: Compared["compare"];
}

export function vitalsQuery(query: VitalsQuery) {
  return queryOptions({
    queryKey: ["vitals", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/web-vitals", { params: { query }, signal })),
  });
}
