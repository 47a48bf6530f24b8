import { Pause, Play, Send } from "lucide-react";
import { Button, IconButton } from "~/parts/button";
import { useScope } from "~/state/store";
import { outcomeOf, useStatusChange, useTrial } from "./status";
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

/** Acts on a destination, and their results. */
export function Acts({ one }: { one: Health }) {
  const change = useStatusChange(one.name);
  const trial = useTrial(one.name);
  const blocked = useScope("admin");
  const isOpen = one.status === "active" && one.breaker.state !== "closed";
  const outcome = outcomeOf(change, trial);
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
      <p role="status" className={`text-sm break-words ${outcome.isBad ? "text-bad" : "text-ink2"}`}>
        {outcome.text}
      </p>
    </div>
  );
}
