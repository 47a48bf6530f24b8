import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { faultText } from "~/api/errors";
import { meQuery } from "~/api/session";
import { Foreign, readable } from "~/format/text";
import { ChecksField } from "~/parts/fields";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { Empty } from "~/parts/states";
import { tagOf } from "~/parts/tag";
import { showToast } from "~/parts/toast";
import { useStore } from "~/state/store";
import { PURPOSES } from "./add_destination";
import { faultsOf } from "./faults";
import { type Destination, type StoreShown, destinationsQuery, storeQuery, useChangeDestination, useChangeStore } from "./queries";
import { Section } from "./section";

type Addresses = "full" | "shortened" | "none";
const ADDRESSES: Record<Addresses, string> = {
  full: "Addresses are kept as they come.",
  shortened: "The last byte of IPv4 and the last 80 bits of IPv6 are set to zero before anything is stored.",
  none: "No address is stored at all.",
};

/** How a store's visitors are asked, what is kept of their addresses, and who gets events of whom. */
export function Consent() {
  const store = useStore();
  const query = useQuery(storeQuery(store));
  return (
    <>
      <Section title={`Addresses of ${readable(store.name)}`} text="What is kept of the addresses of its visitors, from now on. What was stored stays as it is.">
        {store.is_declared ? (
          <Read query={query} what="the store’s settings">
            {(found) => (found ? <AddressChoice one={found} /> : <NotDeclared />)}
          </Read>
        ) : (
          <NotDeclared />
        )}
      </Section>
      {!query.isLoading && (
        <>
          <Ask storeId={store.store_id} />
          <Purposes />
        </>
      )}
    </>
  );
}

function NotDeclared() {
  return <Empty title="This store is not declared">Declare it under Stores first.</Empty>;
}

function AddressChoice({ one }: { one: StoreShown }) {
  const change = useChangeStore(one.store_id);
  const value = (one.settings.addresses ?? "full") as Addresses;
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-panel border border-line p-4">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium">Addresses</p>
        <p role="status" className="text-sm text-ink2">
          {ADDRESSES[value]}
        </p>
        {change.error && (
          <p role="alert" className="text-sm text-bad">
            {faultsOf(change.error, []).rest}
          </p>
        )}
      </div>
      <Segmented
        label="Addresses of visitors"
        value={value}
        choices={[
          ["full", "In full"],
          ["shortened", "Shortened"],
          ["none", "Not kept"],
        ]}
        onChoose={(addresses) => change.mutate({ settings: { addresses } })}
      />
    </div>
  );
}

/** Where the question is asked is the shop's page: the tag says so. */
function Ask({ storeId }: { storeId: string }) {
  const gateway = useSuspenseQuery(meQuery).data.gateway_url;
  return (
    <Section title="Asking visitors" text="The shop’s own banner asks. With this attribute the tracker keeps events in memory until the visitor has agreed, and drops them on refusal; nothing is stored before.">
      <pre tabIndex={0} role="region" aria-label="The tag with consent" className="overflow-x-auto rounded-panel border border-line bg-sunken p-3 font-mono text-sm">
        {`${tagOf({ gateway, storeId, attributes: 'data-consent="required"' })}\n\n<!-- when the visitor has chosen -->\nstorepulse.consent({analytics: "granted", marketing: "denied"});`}
      </pre>
    </Section>
  );
}

function Purposes() {
  const query = useQuery(destinationsQuery);
  return (
    <Section title="Who gets whose events" text="A destination with a purpose gets events with a granted consent to it alone. It is checked when an event is queued, and again at every send.">
      <Read query={query} what="the destinations">
        {(list) =>
          list.length === 0 ? (
            <p className="text-ink2">There is no destination: events stay here.</p>
          ) : (
            <ul aria-label="Purposes of destinations" className="rounded-panel border border-line">
              {list.map((one) => (
                <Purpose key={one.destination_id} one={one} />
              ))}
            </ul>
          )
        }
      </Read>
    </Section>
  );
}

function Purpose({ one }: { one: Destination }) {
  const change = useChangeDestination(one.name);
  const set = (consent: string[]) =>
    change.mutate(
      { consent },
      { onSuccess: () => showToast(consent.length ? `${one.name} gets events with a consent to ${consent.join(" and ")} alone.` : `${one.name} gets events without asking for a consent.`, () => change.mutate({ consent: one.consent })) },
    );
  return (
    <li data-purposes={one.name} className="border-b border-line px-4 py-2.5 last:border-b-0">
      <ChecksField legend={one.name} chosen={change.isPending ? (change.variables.consent ?? []) : one.consent} choices={PURPOSES} onChange={set} hint={<Foreign>{one.kind}</Foreign>} fault={change.error ? faultText(change.error) : null} />
    </li>
  );
}
