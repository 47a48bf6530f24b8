import { useQuery } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useState } from "react";
import { faultText } from "~/api/errors";
import { client, dataOf } from "~/api/client";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { Confirm } from "~/parts/dialog";
import { usePageSearch } from "~/state/search";
import { Outcome } from "./group_rehearsal";
import { beginJob } from "./jobs";
import { MOST, ROOT, type ReplayBody, lettersText, rehearse, useDiscard } from "./queries";

export interface Act {
  kind: "replay" | "destination" | "discard";
  /** Letters by ids, or all letters of a filter. */
  choice: { ids: string[] } | { filter: NonNullable<ReplayBody["filter"]> };
  count: number;
  /** The group's reason, which the progress bar shows. */
  name: string;
  patch?: ReplayBody["patch"];
}

const Asking = createContext<(act: Act) => void>(() => undefined);
const Chosen = createContext(0);

/** Opens the confirmation of an act on several letters. */
export function useAsk(): (act: Act) => void {
  return useContext(Asking);
}

/** How many letters are selected; if any, the keys act on those. */
export function useChosen(): number {
  return useContext(Chosen);
}

interface ActsProps {
  children: ReactNode;
  chosen?: number;
  onDone?: () => void;
}

export function Acts({ children, chosen = 0, onDone }: ActsProps) {
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);
  return (
    <Asking value={setAct}>
      <Chosen value={chosen}>{children}</Chosen>
      {act?.kind === "discard" && <ConfirmDiscard act={act} onClose={close} onDone={onDone} />}
      {act && act.kind !== "discard" && <ConfirmReplay act={act} onClose={close} onDone={onDone} />}
    </Asking>
  );
}

interface ConfirmProps {
  act: Act;
  onClose: () => void;
  onDone?: () => void;
}

function ConfirmDiscard({ act, onClose, onDone }: ConfirmProps) {
  const discard = useDiscard();
  const confirm = (why: string) =>
    discard.mutate(
      { choice: act.choice, why },
      {
        onSuccess: () => {
          onClose();
          onDone?.();
        },
      },
    );
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Discard ${lettersText(act.count)}?`}
      act={`Discard ${lettersText(act.count)}`}
      asksWhy
      busy={discard.isPending}
      fault={discard.error && <span className="text-bad">{faultText(discard.error)}</span>}
      onConfirm={confirm}
    >
      {act.count === 1 ? "It is closed without a replay, so its event never counts." : `They are closed without a replay, so their ${formatCount(act.count)} events never count.`} The bytes stay for 90 days, and the letters can be reopened
      until then.
    </Confirm>
  );
}

function ConfirmReplay({ act, onClose, onDone }: ConfirmProps) {
  const [, change] = usePageSearch();
  const [to, setTo] = useState("");
  const isElsewhere = act.kind === "destination";
  const body: ReplayBody = { ...act.choice, patch: act.patch ?? null, ...(isElsewhere ? { to_destination: to } : {}) };
  const trial = useQuery({
    queryKey: [...ROOT, "trial", body],
    queryFn: ({ signal }) => rehearse(body, signal),
    enabled: !isElsewhere || to !== "",
    placeholderData: undefined,
    staleTime: 0,
  });
  const told = trial.data;
  const fits = told ? told.sent + told.queued : 0;
  const more = Boolean(told?.next_cursor) && !("ids" in act.choice);
  const blocked = isElsewhere && !to ? "Choose a destination first." : !told ? "It is still being tried." : fits === 0 ? "None of them could be sent." : null;
  const count = told && !more ? fits : act.count;
  const confirm = () => {
    const total = told && !more ? fits + Object.keys(told.refused).length : act.count;
    change({ job: beginJob({ name: act.name, total, body }) });
    onClose();
    onDone?.();
  };
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={isElsewhere ? `Send ${lettersText(act.count)} to a destination?` : `Replay ${lettersText(act.count)}?`}
      act={isElsewhere ? `Send ${lettersText(count)}` : `Replay ${lettersText(count)}`}
      look="primary"
      blocked={blocked}
      onConfirm={confirm}
    >
      <div className="flex flex-col gap-3">
        {isElsewhere && <DestinationChoice value={to} onChoose={setTo} />}
        <p>
          {isElsewhere
            ? "Their events are queued for that destination alone, under the same event ids; it gets none that it has already."
            : "They go the way of every other event, under the same event ids, so each counts once."}{" "}
          {act.patch ? `Each is patched by ${act.patch.length === 1 ? "one operation" : `${act.patch.length} operations`}.` : "They go as they came."} A letter that fails again comes back, with its replays counted.
        </p>
        {told ? <Outcome told={told} hasPatch={Boolean(act.patch)} /> : <p role="status">{trial.error ? <span className="text-bad">{faultText(trial.error)}</span> : isElsewhere && !to ? "" : "Trying it without touching anything."}</p>}
        {more && <p className="text-sm text-ink3">{`All ${formatCount(act.count)} are replayed, a hundred at a time; the first ${formatCount(MOST)} were tried.`}</p>}
        {told && Object.keys(told.skipped).length > 0 && <p className="text-sm text-ink3">{lettersText(Object.keys(told.skipped).length)} left out: {readable([...new Set(Object.values(told.skipped))].join("; "))}.</p>}
      </div>
    </Confirm>
  );
}

function DestinationChoice({ value, onChoose }: { value: string; onChoose: (name: string) => void }) {
  const list = useQuery({
    queryKey: ["delivery", "destinations"],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/delivery/destinations", { signal })),
  });
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium text-ink">Destination</span>
      <select value={value} onChange={(event) => onChoose(event.target.value)} className="h-9 rounded-control border border-edge bg-surface px-2 text-ink">
        <option value="">Choose one</option>
        {(list.data?.data ?? []).map((one) => (
          <option key={one.destination_id} value={one.name}>
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}
