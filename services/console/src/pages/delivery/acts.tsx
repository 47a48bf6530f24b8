import { Pause, Play, Send } from "lucide-react";
import { ApiError } from "~/api/errors";
import { readable } from "~/format/text";
import { formatDuration } from "~/format/time";
import { Button, IconButton } from "~/parts/button";
import { useScope } from "~/state/store";
import { type Trial, useStatusChange, useTrial } from "./queries";
import type { Health } from "./words";

/** Pauses or resumes a destination from its row. */
export function PauseButton({ one }: { one: Health }) {
  const change = useStatusChange(one.name);
  const blocked = useScope("admin");
  const isActive = one.status === "active";
  return (
    <IconButton
      size="small"
      className="relative z-10"
      name={isActive ? `Pause ${one.name}` : `Resume ${one.name}`}
      blocked={blocked}
      busy={change.isPending}
      icon={isActive ? <Pause aria-hidden="true" size={14} /> : <Play aria-hidden="true" size={14} />}
      onClick={() => change.mutate(isActive ? "paused" : "active")}
    />
  );
}

/** What can be done about a destination, and what came of it. */
export function Acts({ one }: { one: Health }) {
  const change = useStatusChange(one.name);
  const trial = useTrial(one.name);
  const blocked = useScope("admin");
  const isOpen = one.status === "active" && one.breaker.state !== "closed";
  const fault = change.error ?? trial.error;
  return (
    <div className="mt-3 flex flex-col gap-2">
      <div className="flex flex-wrap gap-2">
        {isOpen && (
          <Button blocked={blocked} busy={change.isPending} onClick={() => change.mutate("active")}>
            Close breaker, try now
          </Button>
        )}
        <Button blocked={blocked} busy={trial.isPending} icon={<Send aria-hidden="true" size={14} />} onClick={() => trial.mutate()}>
          Send a test event
        </Button>
        {one.status === "active" ? (
          <Button blocked={blocked} busy={change.isPending} icon={<Pause aria-hidden="true" size={14} />} onClick={() => change.mutate("paused")}>
            Pause
          </Button>
        ) : (
          <Button blocked={blocked} busy={change.isPending} icon={<Play aria-hidden="true" size={14} />} onClick={() => change.mutate("active")}>
            Resume
          </Button>
        )}
      </div>
      {blocked && <p className="text-sm text-ink3">{blocked}</p>}
      <p role="status" className={`text-sm break-words ${fault || (trial.data && !trial.data.taken) ? "text-bad" : "text-ink2"}`}>
        {fault ? faultText(fault) : trial.data ? trialText(trial.data) : ""}
      </p>
    </div>
  );
}

function faultText(error: unknown): string {
  return error instanceof ApiError ? readable(error.message) : "The page met a fault of its own.";
}

function trialText(trial: Trial): string {
  const answer = trial.answer_status === null ? "" : ` with ${trial.answer_status}`;
  const what = `A test event (${trial.stream}, ${readable(trial.type)})`;
  if (trial.taken) return `${what} was taken${answer} in ${formatDuration(trial.seconds)}. Nothing about it is stored.`;
  return `${what} was not taken${answer}: ${readable(trial.error) || trial.verdict}`;
}
