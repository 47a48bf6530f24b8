import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, dataOf } from "~/api/client";
import { meQuery } from "~/api/session";
import { readable } from "~/format/text";
import { Field } from "~/parts/dialog";
import { ChecksField } from "~/parts/fields";
import { ChoiceSelect } from "~/parts/select";
import { FormDialog } from "~/parts/form_dialog";
import { useStore } from "~/state/store";
import { faultsOf } from "./faults";
import { KINDS, type Values, declarationOf, missingOf } from "./kinds";
import { type NewDestination, useAddDestination } from "./queries";

export const PURPOSES = [
  ["analytics", "analytics"],
  ["marketing", "marketing"],
] as const;

interface AddProps {
  onClose: () => void;
  onMade: (name: string, secret: string | null) => void;
}

export function AddDestination({ onClose, onMade }: AddProps) {
  const store = useStore();
  const me = useSuspenseQuery(meQuery).data;
  const [name, setName] = useState("");
  const [kindName, setKind] = useState(KINDS[0]!.kind);
  const [values, setValues] = useState<Values>({});
  const [streams, setStreams] = useState<string[]>([]);
  const [consent, setConsent] = useState<string[]>([]);
  const [of, setOf] = useState("every");
  const kind = KINDS.find((one) => one.kind === kindName)!;
  const add = useAddDestination();
  const known = useQuery({
    queryKey: ["streams"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/streams", { signal })),
    staleTime: Infinity,
  });
  const faults = faultsOf(add.error, ["name", "streams", "consent", "store_id", ...kind.fields.map((field) => field.name)]);
  const submit = () => {
    const body = {
      name: name.trim(),
      kind: kind.kind,
      ...declarationOf(kind, values),
      streams,
      consent,
      store_id: of === "store" ? store.store_id : null,
    } as unknown as NewDestination;
    add.mutate(body, { onSuccess: ({ data, secret }) => onMade(data.name, secret) });
  };
  return (
    <FormDialog title="New destination" act="Add destination" blocked={missingOf(kind, name, values, streams)} busy={add.isPending} fault={faults.rest} onClose={onClose} onSubmit={submit}>
      <ChoiceSelect over label="Kind" value={kindName} onChoose={setKind} choices={KINDS.map((one) => [one.kind, one.name] as const)} hint={kind.note} />
      <Field label="Name" value={name} onChange={setName} fault={faults.of.name} hint="Small letters, digits, - and _: shop-crm" />
      {kind.fields.map((field) => (
        <Field
          key={field.name}
          label={field.isOptional ? `${field.label} (may be empty)` : field.label}
          type={field.isSecret ? "password" : "text"}
          value={values[field.name] ?? ""}
          onChange={(value) => setValues({ ...values, [field.name]: value })}
          fault={faults.of[field.name]}
          hint={field.hint}
        />
      ))}
      <ChecksField legend="Streams" chosen={streams} choices={(known.data?.data ?? []).map((one) => [one.name, one.name] as const)} onChange={setStreams} fault={faults.of.streams} hint={kind.wantsStreams ? "It gets these alone." : "It gets these alone; none chosen: every stream."} />
      <ChecksField legend="Only with a granted consent to" chosen={consent} choices={PURPOSES} onChange={setConsent} fault={faults.of.consent} />
      {me.every_store && store.store_id && (
        <ChoiceSelect
          over
          label="Store"
          value={of}
          onChoose={setOf}
          choices={[
            ["every", "Every store"],
            ["store", readable(store.name)],
          ]}
          fault={faults.of.store_id}
        />
      )}
    </FormDialog>
  );
}
