import { Foreign, readable } from "~/format/text";
import { formatIsoDay, formatMoment, zoneName } from "~/format/time";
import { Dot } from "~/parts/badge";
import { Defined } from "~/parts/definition";
import { useStore } from "~/state/store";
import type { Reported } from "./queries";
import { OUTCOME_TONES, expectedWords } from "./words";

/** The verdict in a sentence; below it a sentence on each variant. */
export function VerdictPanel({ reported }: { reported: Reported }) {
  const { results } = reported;
  const { verdict } = results;
  const zone = useStore().time_zone;
  const level = `${Math.round((1 - results.alpha) * 1000) / 10}%`;
  const others = verdict.variants.filter((one) => one.sentence !== verdict.sentence);
  const expected = expectedWords(verdict, zone);
  const winner = results.variants.find((one) => one.variant_id === reported.winner);
  return (
    <section aria-label="Verdict" className="min-w-0 px-4 py-4">
      <p className="flex flex-wrap items-center gap-x-2 text-sm text-ink2">
        <Dot tone={OUTCOME_TONES[verdict.outcome]} />
        <Defined
          name={`Verdict, phase ${results.phase} · always valid, ${level}`}
          definition={{
            text: "By the metric that decides, of visitors whose time to convert is over. The interval is always valid: it may be looked at every day without more false winners than the level allows. A phase whose split is off, or in which visitors saw several variants, gets none.",
            formula: results.mature_until ? `visitors until ${formatIsoDay(results.mature_until)}, planned ${results.n_star} of control and one variant` : undefined,
            query: `GET /api/ab-testing/…/test/${reported.test_id}/results?phase=${results.phase}`,
            source: "sums over visitors by the day of their first exposure",
            age: `as of ${formatMoment(results.as_of, zone)} ${zoneName(zone)}, the last full hour`,
          }}
        />
      </p>
      <p data-verdict-sentence className="mt-2 max-w-3xl text-verdict font-semibold break-words">
        {readable(verdict.sentence)}
      </p>
      {winner && (
        <p className="mt-2 max-w-3xl text-ink2">
          <strong className="font-semibold text-ink">{readable(winner.name)}</strong> was declared the winner{reported.status === "completed" ? ": everybody gets it until the test is archived." : "."}
        </p>
      )}
      {others.length > 0 && (
        <ul className="mt-2 flex max-w-3xl flex-col gap-1 text-ink2">
          {others.map((one) => (
            <li key={one.variant_id}>
              <Foreign cut={false}>{one.sentence}</Foreign>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-2 max-w-3xl text-ink3">
        {expected ? `${expected} ` : ""}Looking every day does not weaken this answer. Counted to {formatMoment(results.as_of, zone)} {zoneName(zone)}; days are UTC.
      </p>
    </section>
  );
}
