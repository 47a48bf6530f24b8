import { useState } from "react";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { Confirm } from "~/parts/dialog";
import { ChoiceSelect } from "~/parts/select";
import { FormDialog } from "~/parts/form_dialog";
import { faultsOf } from "./faults";
import { type KeyShown, useRevokeKey, useRotateKey } from "./queries";

const HOUR = 3600;
export const ENDS = [
  ["", "When it is revoked"],
  [String(HOUR), "In 1 hour"],
  [String(24 * HOUR), "In 24 hours"],
  [String(7 * 24 * HOUR), "In 7 days"],
  [String(30 * 24 * HOUR), "In 30 days"],
] as const;

function keysText(count: number): string {
  return count === 1 ? "1 other active key" : `${formatCount(count)} other active keys`;
}

interface RotateProps {
  one: KeyShown;
  onClose: () => void;
  onMade: (key: string) => void;
}

export function RotateKey({ one, onClose, onMade }: RotateProps) {
  const [ends, setEnds] = useState<string>(String(24 * HOUR));
  const rotate = useRotateKey();
  return (
    <FormDialog
      title={`Rotate ${one.hint}`}
      act="Make the new key"
      busy={rotate.isPending}
      fault={faultsOf(rotate.error, []).rest}
      onClose={onClose}
      onSubmit={() => rotate.mutate({ id: one.key_id, expires_in: ends ? Number(ends) : null }, { onSuccess: ({ key }) => onMade(key) })}
    >
      <p className="text-ink2">
        A second key is made that may do the same{one.name ? <bdi> as “{readable(one.name)}”</bdi> : ""}. Both work meanwhile, so nothing is interrupted.
      </p>
      <ChoiceSelect over label="The old key ends" value={ends} choices={ENDS} onChoose={setEnds} />
    </FormDialog>
  );
}

interface RevokeProps {
  one: KeyShown;
  /** Whether the console is signed in with this key. */
  isOwn: boolean;
  others: number;
  onClose: () => void;
}

export function RevokeKey({ one, isOwn, others, onClose }: RevokeProps) {
  const revoke = useRevokeKey();
  const fault = faultsOf(revoke.error, []).rest;
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Revoke ${one.hint}?`}
      act={`Revoke ${one.hint}`}
      busy={revoke.isPending}
      fault={fault && <span className="text-bad">{fault}</span>}
      onConfirm={() => revoke.mutate(one.key_id, { onSuccess: onClose })}
    >
      <p>
        Whoever uses it gets 401 within seconds, and its sessions in the console end. It cannot be made valid again.
        {one.kind === "publishable" && " Pages that carry it lose what they send until they carry another one."}
      </p>
      <p className="mt-2">
        {others === 0 ? <strong className="font-semibold text-ink">No other active key in this list may do the same.</strong> : `${keysText(others)} in this list may do the same.`}
        {isOwn && <strong className="font-semibold text-bad"> You are signed in with it: you will be signed out.</strong>}
      </p>
    </Confirm>
  );
}
