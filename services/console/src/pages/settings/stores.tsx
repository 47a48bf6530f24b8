import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { meQuery, type StoreOfKey } from "~/api/session";
import { Foreign, readable } from "~/format/text";
import { addDays, formatDays, zoneName } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Field } from "~/parts/dialog";
import { LinesField } from "~/parts/fields";
import { FormDialog } from "~/parts/form_dialog";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { showToast } from "~/parts/toast";
import { usePageSearch } from "~/state/search";
import { chooseStore, slugOf, useStore } from "~/state/store";
import { faultsOf } from "./faults";
import { type StoreShown, storeQuery, useChangeStore, useDeclareStore } from "./queries";
import { Section } from "./section";
import { type StoreForm, changesOf, faultOf, formOf } from "./store_form";

const FIELDS = ["name", "time_zone", "currency", "page_patterns", "event_names", "abandoned_minutes", "domain"];

export function Stores() {
  const store = useStore();
  const query = useQuery(storeQuery(store));
  return (
    <>
      {store.store_id === "" ? (
        <Empty title="There is no store yet">Declare one below.</Empty>
      ) : !store.is_declared ? (
        <Undeclared one={store} />
      ) : (
        <Read query={query} what="the store’s settings">
          {(found) => (found ? <StoreSettings key={`${found.store_id} ${found.updated_at}`} one={found} /> : <Undeclared one={store} />)}
        </Read>
      )}
      {/* Rendered after the part above it, whose height can change, so that nothing moves. */}
      {!query.isLoading && <AllStores />}
    </>
  );
}

function StoreSettings({ one }: { one: StoreShown }) {
  const [form, setForm] = useState(formOf(one));
  const change = useChangeStore(one.store_id);
  const own = faultOf(form);
  const { of, rest } = faultsOf(change.error, FIELDS);
  const changes = changesOf(one, form);
  const set = (name: keyof StoreForm) => (value: string) => setForm({ ...form, [name]: value });
  const blocked = Object.values(own)[0] ?? (changes ? null : "Nothing is changed.");
  return (
    <Section title={one.name ?? one.domain ?? one.store_id} text={<StoreFacts one={one} />}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked && changes) change.mutate(changes as never);
        }}
        className="grid gap-x-6 gap-y-4 rounded-panel border border-line p-4 md:grid-cols-2"
      >
        <Field label="Name" value={form.name} onChange={set("name")} fault={of.name} hint="A label for people." />
        <ZoneField one={one} value={form.time_zone} onChange={set("time_zone")} fault={of.time_zone} />
        <Field label="Currency" value={form.currency} onChange={set("currency")} fault={own.currency ?? of.currency} hint="The store’s own money, such as EUR. Its amounts stand first; others stay beside them." />
        <Field label="A cart is abandoned after, minutes" value={form.abandoned_minutes} onChange={set("abandoned_minutes")} fault={own.abandoned_minutes ?? of.abandoned_minutes} hint="Without a step or a purchase; 0 for never." />
        <LinesField
          label="Page patterns"
          rows={5}
          value={form.page_patterns}
          onChange={set("page_patterns")}
          fault={of.page_patterns}
          hint="One a line: pages that count as one, such as /products/*. The first that matches holds. Events from now on are counted so."
        />
        <LinesField label="Names of events" rows={5} value={form.event_names} onChange={set("event_names")} fault={of.event_names} hint="One a line: what a name means here, such as Added to Bag=add_to_cart." />
        <div className="flex flex-wrap items-center gap-3 md:col-span-2">
          <Button type="submit" look="primary" blocked={blocked} busy={change.isPending}>
            Save settings
          </Button>
          {changes && (
            <Button look="ghost" onClick={() => setForm(formOf(one))}>
              Take back
            </Button>
          )}
          {rest && (
            <span role="alert" className="min-w-0 break-words text-bad">
              {rest}
            </span>
          )}
        </div>
      </form>
    </Section>
  );
}

function StoreFacts({ one }: { one: StoreShown }) {
  return (
    <>
      {one.domain && <bdi>{readable(one.domain)} · </bdi>}
      <span className="font-mono">{one.store_id}</span>
    </>
  );
}

interface ZoneFieldProps {
  one: StoreShown;
  value: string;
  onChange: (value: string) => void;
  fault?: string | null;
}

/** Counted days keep their zone: a new zone applies from the next local midnight. */
function ZoneField({ one, value, onChange, fault }: ZoneFieldProps) {
  const id = useId();
  const zones = Intl.supportedValuesOf("timeZone");
  const known = zones.includes(value) ? zones : [value, ...zones];
  const history = one.time_zones.filter(({ from_day }) => from_day !== "1970-01-01");
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        Time zone
      </label>
      <select id={id} value={value} aria-invalid={fault ? true : undefined} onChange={(event) => onChange(event.target.value)} className="h-9 rounded-control border border-edge bg-surface px-2.5 pointer-coarse:h-11">
        {(known.includes("UTC") ? known : ["UTC", ...known]).map((zone) => (
          <option key={zone} value={zone}>
            {zoneName(zone)}
          </option>
        ))}
      </select>
      {fault && (
        <span role="alert" className="text-bad">
          {fault}
        </span>
      )}
      <span className="text-sm text-ink3">
        In which its days begin. A change holds from the store’s next local midnight, and days before it stay as they were.
        {history.length > 0 && ` ${history.map(({ zone, from_day }) => `${zoneName(zone)} from ${formatDays(from_day, addDays(from_day, 1))}`).join(", ")}.`}
      </span>
    </div>
  );
}

function Undeclared({ one }: { one: StoreOfKey }) {
  const declare = useDeclareStore();
  return (
    <Section title={one.name} text={<span className="font-mono">{one.store_id}</span>}>
      <div className="flex flex-col items-start gap-3 rounded-panel border border-line p-4">
        <p className="text-ink2">Events of this store have come, and nobody has declared it: its days are those of UTC, and it has no currency. Declare it to change that.</p>
        <Button look="primary" busy={declare.isPending} onClick={() => declare.mutate({ store_id: one.store_id, settings: {}, ...(one.domain ? { domain: one.domain } : {}) }, { onSuccess: () => showToast("The store is declared.") })}>
          Declare this store
        </Button>
        {declare.error && (
          <span role="alert" className="text-bad">
            {faultsOf(declare.error, []).rest}
          </span>
        )}
      </div>
    </Section>
  );
}

const COLUMNS: Column<StoreOfKey>[] = [
  { id: "name", name: "Store", phone: "title", cell: (one) => <Foreign className="font-medium">{one.name}</Foreign> },
  { id: "domain", name: "Domain", width: "28%", cell: (one) => <Foreign className="text-ink2">{one.domain}</Foreign> },
  { id: "zone", name: "Time zone", width: "20%", cell: (one) => zoneName(one.time_zone) },
  { id: "currency", name: "Currency", width: "11%", cell: (one) => <Foreign>{one.currency}</Foreign> },
  { id: "state", name: "State", width: "13%", phone: "aside", cell: (one) => (one.is_declared ? <Badge tone="ok">declared</Badge> : <Badge tone="warn">not declared</Badge>) },
];

function AllStores() {
  const me = useSuspenseQuery(meQuery).data;
  const [, change] = usePageSearch();
  const [isOpen, setOpen] = useState(false);
  return (
    <Section
      title="Stores"
      text={`${me.every_store ? "All that there are" : "The one that your key is tied to"}. Choosing one shows its settings above.${me.has_more_stores ? " There are more: the newest are listed." : ""}`}
      action={
        me.every_store && (
          <Button icon={<Plus aria-hidden="true" size={14} />} onClick={() => setOpen(true)}>
            New store
          </Button>
        )
      }
    >
      <div className="rounded-panel border border-line">
        <Table label="Stores" columns={COLUMNS} rows={me.stores} idOf={slugOf} onOpen={(one) => change({ store: chooseStore(one) })} />
      </div>
      {isOpen && <NewStore onClose={() => setOpen(false)} />}
    </Section>
  );
}

function NewStore({ onClose }: { onClose: () => void }) {
  const [domain, setDomain] = useState("");
  const [name, setName] = useState("");
  const declare = useDeclareStore();
  const { of, rest } = faultsOf(declare.error, FIELDS);
  const submit = () =>
    declare.mutate(
      { domain: domain.trim(), settings: {}, ...(name.trim() ? { name: name.trim() } : {}) },
      {
        onSuccess: (store) => {
          showToast(`${readable(store.domain ?? store.store_id)} is declared. Make it a publishable key next.`);
          onClose();
        },
      },
    );
  return (
    <FormDialog title="New store" act="Declare store" blocked={domain.trim() ? null : "Name its domain first."} busy={declare.isPending} fault={rest} onClose={onClose} onSubmit={submit}>
      <Field label="Domain" value={domain} onChange={setDomain} fault={of.domain} hint="Where the shop is: shop.example" />
      <Field label="Name" value={name} onChange={setName} fault={of.name} hint="A label for people; the domain without one." />
    </FormDialog>
  );
}
