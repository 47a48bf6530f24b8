import { useQuery } from "@tanstack/react-query";
import { Copy, Radio } from "lucide-react";
import { client, dataOf } from "~/api/client";
import { Button } from "~/parts/button";
import { copyAndTell } from "~/parts/copy";
import type { StoreOfKey } from "~/api/session";

/** How often it is asked whether the first event is there. */
const EVERY = 5_000;

/** Whether a store ever had an event: what has none gets the snippet in the place of zeros. */
export function useIsSilent(store: StoreOfKey, isZero: boolean): boolean {
  const query = useQuery({
    queryKey: ["first-event", store.store_id],
    queryFn: async ({ signal }) => {
      const store_id = store.store_id;
      const [visits, pipeline] = await Promise.all([
        client.GET("/api/customer-activity", { params: { query: { store_id, limit: 1 } }, signal }),
        client.GET("/api/health/pipeline", { params: { query: { store_id } }, signal }),
      ]);
      return dataOf(visits).data.length > 0 || dataOf(pipeline).ledger.accepted > 0;
    },
    enabled: isZero && store.store_id !== "",
    refetchInterval: (found) => (found.state.data === false ? EVERY : false),
  });
  return isZero && (store.store_id === "" || query.data === false);
}

/** What a shop's page needs, and that nothing has come yet. It gives way to the figures by itself. */
export function FirstRun({ store }: { store: StoreOfKey }) {
  const snippet = `<script defer src="https://GATEWAY/tracker.js"\n  data-store="${store.store_id || "STORE"}" data-key="spk_…"></script>`;
  return (
    <section aria-labelledby="first-run" className="max-w-2xl px-4 py-10">
      <h2 id="first-run" className="text-verdict font-semibold">
        Put this into your shop’s pages
      </h2>
      <p className="mt-2 text-ink2">
        GATEWAY is where your gateway answers. The key is the store’s publishable one: it can only send events. Make one with{" "}
        <code className="font-mono text-sm">storepulse keys create --domain {store.domain ?? "shop.example"} --origin https://{store.domain ?? "shop.example"}</code>.
      </p>
      <pre tabIndex={0} aria-label="The tag" className="mt-4 overflow-x-auto rounded-panel border border-line bg-sunken p-3 font-mono text-sm">
        {snippet}
      </pre>
      <div className="mt-3 flex items-center gap-4">
        <Button
          icon={<Copy aria-hidden="true" size={14} />}
          onClick={() => void copyAndTell(snippet, "The tag is copied.")}
        >
          Copy the tag
        </Button>
        <p role="status" className="flex items-center gap-2 text-ink3">
          <Radio aria-hidden="true" size={16} />
          Waiting for the first event
        </p>
      </div>
    </section>
  );
}
