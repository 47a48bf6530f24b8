import { useQuery } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import { Filter } from "~/parts/choices";
import { Segmented } from "~/parts/segmented";
import { slugOf, useStores } from "~/state/store";
import { useChoice, useFilter } from "~/state/search";
import type { Row } from "./model";

const KINDS = ["all", "rejected", "duplicate"] as const;

/** The streams of events with their types, which change only with a release. */
function useStreams() {
  const { data } = useQuery({
    queryKey: ["streams"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/streams", { signal })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? [];
}

/** The stream's parameters, from the URL. */
export function useLiveFilters() {
  const stores = useStores();
  const streams = useStreams();
  const [kind, chooseKind] = useChoice("f.kind", KINDS, "all");
  const [stream, chooseStream] = useFilter("stream");
  const [type, chooseType] = useFilter("type");
  const [slug, chooseStore] = useFilter("store");
  const store = stores.find((one) => slugOf(one) === slug || one.store_id === slug) ?? null;
  const known = streams.length === 0 || streams.some((one) => one.name === stream) ? stream : null;
  const asked = new URLSearchParams();
  if (kind !== "all") asked.set("kind", kind);
  if (known) asked.set("stream", known);
  if (type) asked.set("type", type);
  if (store) asked.set("store_id", store.store_id);
  const query = asked.size > 0 ? `?${asked}` : "";
  return { kind, chooseKind, stream: known, chooseStream, type, chooseType, store, chooseStore, stores, streams, query };
}

export type LiveFilters = ReturnType<typeof useLiveFilters>;

export function LiveFilterBar({ filters, rows }: { filters: LiveFilters; rows: readonly Row[] }) {
  const { kind, chooseKind, stream, chooseStream, type, chooseType, store, chooseStore, stores, streams } = filters;
  const ofStreams = streams.filter((one) => stream === null || one.name === stream).flatMap((one) => one.types);
  const seen = rows.flatMap((row) => ("event" in row && row.event.type ? [row.event.type] : []));
  const types = new Set([...ofStreams, ...seen, ...(type ? [type] : [])]);
  return (
    <>
      <Segmented
        label="Which events"
        value={kind}
        choices={[
          ["all", "All"],
          ["rejected", "Rejected"],
          ["duplicate", "Duplicate"],
        ]}
        onChoose={chooseKind}
      />
      <Filter label="Stream" choices={streams.map(({ name }) => ({ value: name, name }))} value={stream} onChoose={chooseStream} />
      {stores.length > 1 && (
        <Filter label="Store" choices={stores.map((one) => ({ value: slugOf(one), name: one.name ?? slugOf(one) }))} value={store && slugOf(store)} onChoose={chooseStore} />
      )}
      <Filter label="Type" choices={[...types].sort().map((name) => ({ value: name, name }))} value={type} onChoose={chooseType} />
    </>
  );
}
