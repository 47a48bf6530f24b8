import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "~/format/numbers";
import { formatMoment } from "~/format/time";
import { Confirm, Field } from "~/parts/dialog";
import { ChoiceSelect } from "~/parts/select";
import { FormDialog } from "~/parts/form_dialog";
import { useStore } from "~/state/store";
import { faultsOf } from "./faults";
import { KINDS } from "./kinds";
import { type Destination, useEndSecrets, useRemoveDestination, useRotateSecret, waitingQuery } from "./queries";

const HOUR = 3600;
const OVERLAPS = [
  ["", "When they are ended by hand"],
  [String(HOUR), "In 1 hour"],
  [String(24 * HOUR), "In 24 hours"],
  [String(72 * HOUR), "In 3 days"],
] as const;

interface ActProps {
  one: Destination;
  onClose: () => void;
}

export function RotateSecret({ one, onClose, onMade }: ActProps & { onMade: (name: string, secret: string | null) => void }) {
  const [ends, setEnds] = useState<string>(String(24 * HOUR));
  const [value, setValue] = useState("");
  const rotate = useRotateSecret(one.name);
  const field = KINDS.find(({ kind }) => kind === one.kind)?.fields.find(({ isSecret }) => isSecret);
  const isSigned = one.kind === "webhook";
  const submit = () =>
    rotate.mutate(
      isSigned ? { name: "signing", value: null, expires_in: ends ? Number(ends) : null } : { name: field!.name.split(".")[1]!, value: value.trim(), expires_in: null },
      { onSuccess: ({ secret }) => onMade(one.name, secret) },
    );
  return (
    <FormDialog
      title={isSigned ? `Rotate the secret of ${one.name}` : `Replace the secret of ${one.name}`}
      act={isSigned ? "Make the new secret" : "Replace secret"}
      busy={rotate.isPending}
      blocked={isSigned || value.trim() ? null : `${field?.label ?? "The secret"} is missing.`}
      fault={faultsOf(rotate.error, []).rest}
      onClose={onClose}
      onSubmit={submit}
    >
      {isSigned ? (
        <>
          <p className="text-ink2">A new signing secret is made and shown once. Until the old ones end, each request is signed by all of them, so the receiver may change when it likes.</p>
          <ChoiceSelect over label="The old secrets end" value={ends} choices={OVERLAPS} onChoose={setEnds} />
        </>
      ) : (
        <Field label={field?.label ?? "Secret"} type="password" value={value} onChange={setValue} hint="The one before it counts no more. It is stored encrypted and never read back." />
      )}
    </FormDialog>
  );
}

export function EndSecrets({ one, onClose }: ActProps) {
  const end = useEndSecrets(one.name);
  const zone = useStore().time_zone;
  const old = (one.secret_ends.signing ?? []).slice(1);
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`End ${old.length === 1 ? "1 old secret" : `${old.length} old secrets`} of ${one.name}?`}
      act={old.length === 1 ? "End 1 old secret" : `End ${old.length} old secrets`}
      busy={end.isPending}
      fault={end.error && <span className="text-bad">{faultsOf(end.error, []).rest}</span>}
      onConfirm={() => end.mutate(undefined, { onSuccess: onClose })}
    >
      The newest secret alone signs from then on. A receiver that does not know it refuses what it gets, and those requests are retried.
      {old.some(Boolean) && ` By themselves they would end ${old.map((at) => (at ? formatMoment(at, zone) : "never")).join(", ")}.`}
    </Confirm>
  );
}

export function RemoveDestination({ one, onClose }: ActProps) {
  const remove = useRemoveDestination(one.name);
  const waiting = useQuery(waitingQuery(one.name));
  const { events = 0, more = false } = waiting.data ?? {};
  const count = `${more ? "more than " : ""}${formatCount(events)}`;
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Remove ${one.name}?`}
      act={events ? `Remove it and fail ${count} events` : `Remove ${one.name}`}
      typed={one.name}
      blocked={waiting.data ? null : "Counting the waiting events…"}
      busy={remove.isPending}
      fault={remove.error && <span className="text-bad">{faultsOf(remove.error, []).rest}</span>}
      onConfirm={() => remove.mutate(events > 0, { onSuccess: onClose })}
    >
      <p role="status">
        {waiting.data === undefined
          ? waiting.isError
            ? "The waiting events could not be counted."
            : "Counting the waiting events…"
          : events
            ? `${count} ${events === 1 && !more ? "event waits" : "events wait"} for it. They become failed and are not sent, not by a destination of the same name either.`
            : "No event waits for it."}
      </p>
      <p className="mt-2">What it was sent stays listed. It gets nothing from now on, and its secrets are deleted.</p>
    </Confirm>
  );
}
