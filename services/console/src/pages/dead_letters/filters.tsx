import { useQuery } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import { Filter } from "~/parts/choices";
import { Segmented } from "~/parts/segmented";
import { useChoice, useFilter } from "~/state/search";
import { useStores } from "~/state/store";
import type { GroupName } from "./groups_of";

export const STATUSES = [
  ["open", "Open"],
  ["quarantined", "Quarantined"],
  ["reprocessing", "Under way"],
  ["resolved", "Resolved"],
  ["discarded", "Discarded"],
] as const;
export type Status = (typeof STATUSES)[number][0];

const SINCE: Record<string, { name: string; hours: number }> = {
  "24h": { name: "24 hours", hours: 24 },
  "7d": { name: "7 days", hours: 7 * 24 },
  "30d": { name: "30 days", hours: 30 * 24 },
};
const HOUR = 3_600_000;

/** The filters in the URL, and the same as parameters of the API. */
export function useLetterFilters() {
  const [status] = useChoice<Status>("f.status", STATUSES.map(([one]) => one), "open");
  const [stream] = useFilter("stream");
  const [store] = useFilter("store");
  const [since] = useFilter("since");
  const hours = since ? SINCE[since]?.hours : undefined;
  // Rounded to whole hours, so that the request stays the same and its cached answer is used.
  const from = hours ? new Date(Math.floor(Date.now() / HOUR) * HOUR - (hours - 1) * HOUR).toISOString() : undefined;
  const narrowing = { stream: stream ?? undefined, store_id: store ?? undefined, since: from };
  return { status, store, narrowing, query: { ...narrowing, status }, isFiltered: Boolean(stream || store || hours) };
}

/** Letters of the same group, in the stores that are shown. */
export function useAlikeFilter({ stream, stage, reason }: GroupName) {
  const [store] = useFilter("store");
  return { stream, stage, reason, store_id: store ?? undefined };
}

export function LetterFilters() {
  const [status, setStatus] = useChoice<Status>("f.status", STATUSES.map(([one]) => one), "open");
  const [stream, setStream] = useFilter("stream");
  const [store, setStore] = useFilter("store");
  const [since, setSince] = useFilter("since");
  const stores = useStores();
  const streams = useQuery({
    queryKey: ["streams"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/streams", { signal })),
    staleTime: Infinity,
  });
  return (
    <>
      <span className="max-w-full overflow-x-auto">
        <Segmented label="Status" value={status} choices={STATUSES} onChoose={setStatus} />
      </span>
      <Filter label="Stream" value={stream} onChoose={setStream} choices={(streams.data?.data ?? []).map(({ name }) => ({ value: name, name }))} />
      {stores.length > 1 && <Filter label="Store" value={store} onChoose={setStore} choices={stores.map((one) => ({ value: one.store_id, name: one.name }))} />}
      <Filter label="Since" value={since} onChoose={setSince} choices={Object.entries(SINCE).map(([value, { name }]) => ({ value, name }))} />
    </>
  );
}
