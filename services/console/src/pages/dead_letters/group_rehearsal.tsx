import { useMutation } from "@tanstack/react-query";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { Button } from "~/parts/button";
import { useAlikeFilter } from "./filters";
import { type Detail, MOST, type ReplayBody, type Replayed, rehearse } from "./queries";

/** What the same replay would do to the group's other letters. */
export function GroupRehearsal({ detail, patch, isReady }: { detail: Detail; patch: ReplayBody["patch"]; isReady: boolean }) {
  const filter = useAlikeFilter(detail);
  const key = JSON.stringify(patch);
  const trial = useMutation({
    mutationFn: async (asked: string) => ({
      asked,
      result: await rehearse({ filter, patch }),
    }),
  });
  const told = trial.data?.asked === key ? trial.data.result : undefined;
  return (
    <div className="border-t border-line px-3 py-2.5 text-sm text-ink2">
      {told ? (
        <Outcome told={told} hasPatch={patch !== null} />
      ) : (
        <Button size="small" busy={trial.isPending} blocked={isReady ? null : "The patch is not finished."} onClick={() => trial.mutate(key)}>
          Try it on the whole group
        </Button>
      )}
      {trial.isError && <p className="mt-1 text-bad">It could not be tried. Nothing was touched.</p>}
    </div>
  );
}

const MOST_TOLD = 10;

export function Outcome({ told, hasPatch }: { told: Replayed; hasPatch: boolean }) {
  const fits = told.sent + told.queued;
  const refused = Object.entries(told.refused);
  const all = fits + refused.length;
  return (
    <div role="status">
      <p>
        {hasPatch ? "The same patch fits" : "It would send"}{" "}
        <strong className="font-semibold text-ink">
          {formatCount(fits)} of {formatCount(all)}
        </strong>{" "}
        letters {told.next_cursor ? `of the first ${formatCount(MOST)} ` : ""}of this group. Quarantined ones are left out.
      </p>
      {refused.length > 0 && (
        <details className="mt-1">
          <summary className="text-accent">Show the {refused.length === 1 ? "other one" : formatCount(refused.length)}</summary>
          <ul className="mt-1 flex flex-col gap-1">
            {refused.slice(0, MOST_TOLD).map(([id, why]) => (
              <li key={id}>
                <span className="font-mono text-ink3">{id.slice(0, 8)}…</span> <bdi>{readable(why)}</bdi>
              </li>
            ))}
            {refused.length > MOST_TOLD && <li className="text-ink3">and {formatCount(refused.length - MOST_TOLD)} more</li>}
          </ul>
        </details>
      )}
    </div>
  );
}
