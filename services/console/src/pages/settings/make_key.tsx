import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "~/api/session";
import { readable } from "~/format/text";
import { Field } from "~/parts/dialog";
import { ChecksField, LinesField, entriesOf } from "~/parts/fields";
import { ChoiceSelect } from "~/parts/select";
import { FormDialog } from "~/parts/form_dialog";
import { useStore } from "~/state/store";
import { faultsOf } from "./faults";
import { ENDS } from "./key_acts";
import { type NewKey, useMakeKey } from "./queries";

const SCOPES = [
  ["ingest", "ingest: send events"],
  ["read", "read: see figures"],
  ["ops", "ops: dead letters, resending"],
  ["admin", "admin: keys, settings, experiments"],
] as const;
const FIELDS = ["scopes", "origins", "name", "expires_in", "store_id", "kind"];

/** Scopes and store of a new key, which cannot exceed those of the current key. */
export function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const store = useStore();
  const me = useSuspenseQuery(meQuery).data;
  const [kind, setKind] = useState<"secret" | "publishable">("secret");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [isTied, setTied] = useState(store.store_id ? "store" : "every");
  const [origins, setOrigins] = useState(store.domain ? `https://${store.domain}` : "");
  const [name, setName] = useState("");
  const [ends, setEnds] = useState("");
  const make = useMakeKey();
  const { of, rest } = faultsOf(make.error, FIELDS);
  const isSecret = kind === "secret";
  const blocked = isSecret && scopes.length === 0 ? "Choose what it may do first." : null;
  const submit = () => {
    const body: NewKey = {
      kind,
      scopes: (isSecret ? scopes : []) as NewKey["scopes"],
      origins: isSecret ? [] : entriesOf(origins),
      name: name.trim() || null,
      store_id: isTied === "store" ? store.store_id : null,
      expires_in: ends ? Number(ends) : null,
    };
    make.mutate(body, { onSuccess: ({ key }) => onMade(key) });
  };
  return (
    <FormDialog title="New key" act="Make key" busy={make.isPending} blocked={blocked} fault={rest} onClose={onClose} onSubmit={submit}>
      <ChoiceSelect
        over
        label="Kind"
        value={kind}
        onChoose={setKind}
        choices={[
          ["secret", "Secret: for servers and people"],
          ["publishable", "Publishable: for a shop’s pages, sends events alone"],
        ]}
        fault={of.kind}
      />
      {isSecret && <ChecksField legend="It may" chosen={scopes} choices={SCOPES.filter(([scope]) => scope === "ingest" || me.scopes.includes(scope))} onChange={setScopes} fault={of.scopes} hint="A key may do no more than yours." />}
      {me.every_store && (
        <ChoiceSelect
          over
          label="Store"
          value={isTied}
          onChoose={setTied}
          choices={[...(store.store_id ? ([["store", readable(store.name)]] as const) : []), ["every", "Every store"]]}
          fault={of.store_id}
        />
      )}
      {!isSecret && <LinesField label="Origins, one a line" value={origins} onChange={setOrigins} fault={of.origins} hint="Pages that may use it: https://shop.example. None: any page may." />}
      <Field label="Name" value={name} onChange={setName} fault={of.name} hint="For people: whose it is, what for." />
      <ChoiceSelect over label="It ends" value={ends} choices={ENDS} onChoose={setEnds} fault={of.expires_in} />
    </FormDialog>
  );
}
