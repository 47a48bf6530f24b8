import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Copy, Radio } from "lucide-react";
import { client, dataOf } from "~/api/client";
import { faultText } from "~/api/errors";
import { Button } from "~/parts/button";
import { copyAndTell } from "~/parts/copy";
import { type StoreOfKey, meQuery } from "~/api/session";
import { tagOf } from "~/parts/tag";
import { type NewKey, useMakeKey } from "~/pages/settings/queries";

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
  const me = useSuspenseQuery(meQuery).data;
  const make = useMakeKey();
  const key = make.data?.key;
  const snippet = tagOf({ gateway: me.gateway_url, storeId: store.store_id, key });
  const canMake = me.scopes.includes("admin") && store.store_id !== "" && !key;
  return (
    <section aria-labelledby="first-run" className="max-w-2xl px-4 py-10">
      <h2 id="first-run" className="text-verdict font-semibold">
        Put this into your shop’s pages
      </h2>
      <p className="mt-2 text-ink2">
        {!me.gateway_url && "GATEWAY is the address at which pages reach your gateway. "}
        {key ? "The key is shown this once. It can only send events, so it may be in the page." : "The key is the store’s publishable one: it can only send events."}
        {!canMake && !key && (
          <>
            {" Make one with "}
            <code className="font-mono text-sm">storepulse keys create --domain {store.domain ?? "shop.example"} --origin https://{store.domain ?? "shop.example"}</code>.
          </>
        )}
      </p>
      <pre tabIndex={0} aria-label="The tag" className="mt-4 overflow-x-auto rounded-panel border border-line bg-sunken p-3 font-mono text-sm">
        {snippet}
      </pre>
      {make.error && (
        <p role="alert" className="mt-2 text-sm text-bad">
          {faultText(make.error)}
        </p>
      )}
      <div className="mt-3 flex flex-wrap items-center gap-4">
        {canMake && (
          <Button look="primary" busy={make.isPending} onClick={() => make.mutate(keyOfTag(store))}>
            Make the store’s key
          </Button>
        )}
        <Button
          icon={<Copy aria-hidden="true" size={14} />}
          onClick={() => void copyAndTell(snippet, key ? "The tag is copied, with its key." : "The tag is copied. Its key is missing.")}
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

/** A key that can send the store's events from pages of its domain; from any page if it has none. */
function keyOfTag(store: StoreOfKey): NewKey {
  const origins = store.domain ? [`https://${store.domain}`] : [];
  return { kind: "publishable", scopes: [], origins, name: "Tag of the shop’s pages", store_id: store.store_id };
}
