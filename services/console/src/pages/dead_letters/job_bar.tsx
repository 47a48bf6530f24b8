import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pause, Play, RefreshCw, X } from "lucide-react";
import { useEffect } from "react";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { Button, IconButton } from "~/parts/button";
import { type Job, driveJob, goOnWith, stopJob, useJob } from "./jobs";
import { ROOT, lettersText, runQuery } from "./queries";

interface Counts {
  resolved: number;
  died: number;
  underWay: number;
  discarded: number;
  refused: number;
  toGo: number;
}

/** The outcomes of a job so far, as numbers that add up to its letters. */
function countsOf(job: Job | null, run: { resolved: number; died_again: number; under_way: number; discarded: number; replayed: number } | undefined): Counts {
  const refused = Object.keys(job?.refused ?? {}).length;
  const known = run ?? { resolved: 0, died_again: 0, under_way: 0, discarded: 0, replayed: 0 };
  const toGo = !job || job.state === "through" ? 0 : Math.max(0, job.order.total - Math.max(job.passed, known.replayed + refused));
  return { resolved: known.resolved, died: known.died_again, underWay: known.under_way, discarded: known.discarded, refused, toGo };
}

/** The progress of a replay of many letters, with a way to stop it. It survives a reload. */
export function JobBar({ id, onClose }: { id: string; onClose: () => void }) {
  const job = useJob(id);
  const queries = useQueryClient();
  const isRunning = job?.state === "running";
  const run = useQuery(runQuery(id, !isRunning));
  useEffect(() => {
    if (isRunning) void driveJob(id, () => void queries.invalidateQueries({ queryKey: ROOT }));
  }, [id, isRunning, queries]);
  const underWay = run.data?.under_way ?? 0;
  useEffect(() => {
    // The lists change too when letters return.
    void queries.invalidateQueries({ queryKey: [...ROOT, "groups"] });
    void queries.invalidateQueries({ queryKey: ["pipeline"] });
  }, [underWay, queries]);
  const counts = countsOf(job, run.data);
  return (
    <section aria-label="Replay" className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-canvas px-4 py-2.5">
      <RefreshCw aria-hidden="true" size={16} className="shrink-0 text-accent" />
      <div className="min-w-60 flex-1">
        <p className="flex flex-wrap justify-between gap-x-4">
          <bdi className="font-medium">{titleOf(job, run.data?.replayed ?? 0)}</bdi>
          <span role="status" className="text-sm">
            <Tally counts={counts} />
          </span>
        </p>
        <Bar counts={counts} />
        {job?.fault && (
          <p role="alert" className="mt-1 text-sm text-bad">
            {job.fault} It stopped there; go on when that is mended.
          </p>
        )}
        {job && <Refused refused={job.refused} />}
      </div>
      <span className="text-sm text-ink3 max-md:hidden">{isRunning ? "may be stopped or repeated" : job ? "" : "begun in another tab"}</span>
      {isRunning && (
        <Button icon={<Pause aria-hidden="true" size={14} />} onClick={() => stopJob(id)}>
          Stop after this group
        </Button>
      )}
      {(job?.state === "stopped" || job?.state === "failed") && (
        <Button icon={<Play aria-hidden="true" size={14} />} onClick={() => goOnWith(id)}>
          Go on
        </Button>
      )}
      {!isRunning && <IconButton name="Close" icon={<X aria-hidden="true" size={16} />} onClick={onClose} />}
    </section>
  );
}

function titleOf(job: Job | null, replayed: number): string {
  if (!job) return `Replay of ${lettersText(replayed)}`;
  const what = `${lettersText(job.order.total)} of “${readable(job.order.name)}”`;
  if (job.state === "running") return `Replaying ${what}`;
  return job.state === "through" ? `Replayed ${what}` : `Stopped: ${what}`;
}

function Tally({ counts }: { counts: Counts }) {
  const parts: [number, string, string, boolean][] = [
    [counts.resolved, "resolved", "text-ok", true],
    [counts.died, "died again", "text-bad", false],
    [counts.refused, "not replayed", "text-bad", false],
    [counts.discarded, "discarded", "text-ink2", false],
    [counts.underWay, "under way", "text-ink2", false],
    [counts.toGo, "to go", "text-ink2", false],
  ];
  return (
    <>
      {parts
        .filter(([count, , , always]) => always || count > 0)
        .map(([count, word, tone], place) => (
          <span key={word}>
            {place > 0 && <span className="text-ink3"> · </span>}
            <span className={tone}>
              {formatCount(count)} {word}
            </span>
          </span>
        ))}
    </>
  );
}

function Bar({ counts }: { counts: Counts }) {
  const parts: [number, string][] = [
    [counts.resolved, "bg-ok-dot"],
    [counts.died + counts.refused, "bg-bad-dot"],
    [counts.discarded, "bg-edge"],
    [counts.underWay, "bg-accent"],
    [counts.toGo, "bg-line"],
  ];
  const all = Math.max(1, parts.reduce((sum, [count]) => sum + count, 0));
  return (
    <div aria-hidden="true" className="mt-1.5 flex h-1.5 overflow-hidden rounded-full bg-line">
      {parts.map(([count, tone]) => (
        <span key={tone} className={tone} style={{ width: `${(count / all) * 100}%` }} />
      ))}
    </div>
  );
}

const MOST_TOLD = 20;

function Refused({ refused }: { refused: Record<string, string> }) {
  const all = Object.entries(refused);
  if (all.length === 0) return null;
  return (
    <details className="mt-1 text-sm">
      <summary className="text-ink2">{lettersText(all.length)} could not be replayed</summary>
      <ul className="mt-1">
        {all.slice(0, MOST_TOLD).map(([id, why]) => (
          <li key={id} className="flex gap-2">
            <span className="shrink-0 font-mono text-ink3">{id.slice(0, 8)}…</span>
            <bdi>{readable(why)}</bdi>
          </li>
        ))}
        {all.length > MOST_TOLD && <li className="text-ink3">and {formatCount(all.length - MOST_TOLD)} more</li>}
      </ul>
    </details>
  );
}
