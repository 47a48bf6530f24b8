import { Check, Clock, Info, TriangleAlert } from "lucide-react";
import { formatCount } from "~/format/numbers";
import { useStore } from "~/state/store";
import type { Reported } from "./queries";
import { type Guard, guardsOf } from "./words";

const MARKS: Record<Guard["state"], { Icon: typeof Check; tone: string; word: string }> = {
  ok: { Icon: Check, tone: "text-ok", word: "holds: " },
  waits: { Icon: Clock, tone: "text-ink3", word: "not yet: " },
  bad: { Icon: TriangleAlert, tone: "text-bad", word: "fails: " },
  told: { Icon: Info, tone: "text-ink3", word: "" },
};

/** The conditions of a verdict, side by side; below them what was left out. */
export function Guards({ reported }: { reported: Reported }) {
  const zone = useStore().time_zone;
  const { results, last_phase } = reported;
  return (
    <section aria-label="Guards" className="border-b border-line">
      <ul className="grid md:grid-cols-3 xl:grid-cols-5">
        {guardsOf(results, last_phase, zone).map((one) => (
          <GuardCell key={one.id} guard={one} />
        ))}
      </ul>
      <LeftOut reported={reported} />
    </section>
  );
}

function GuardCell({ guard }: { guard: Guard }) {
  const { Icon, tone, word } = MARKS[guard.state];
  return (
    <li data-guard={guard.id} data-state={guard.state} className={`flex min-w-0 gap-2.5 border-line px-4 py-3 max-md:border-b md:border-r md:last:border-r-0 ${guard.state === "bad" ? "bg-bad-soft" : ""}`}>
      <Icon aria-hidden="true" size={15} className={`mt-0.5 shrink-0 ${tone}`} />
      <span className="min-w-0">
        <span className={`block font-medium ${guard.state === "bad" ? "text-bad" : ""}`}>
          <span className="sr-only">{word}</span>
          {guard.name}
        </span>
        <span className="block text-sm text-ink3">{guard.text}</span>
      </span>
    </li>
  );
}

/** Counts that are in no figure; nothing if there are none. */
function LeftOut({ reported }: { reported: Reported }) {
  const { counts, unknown_variant_units } = reported.results;
  const parts = [
    counts.multi_units > 0 && `${formatCount(counts.multi_units)} ${counts.multi_units === 1 ? "visitor" : "visitors"} who saw several variants`,
    counts.bot_units > 0 && `${formatCount(counts.bot_units)} ${counts.bot_units === 1 ? "robot" : "robots"}`,
    counts.other_currency_events > 0 && `${formatCount(counts.other_currency_events)} events in another currency`,
    counts.variant_mismatches + unknown_variant_units > 0 && `${formatCount(counts.variant_mismatches + unknown_variant_units)} exposures to a variant that is not in this phase`,
  ].filter(Boolean);
  if (parts.length === 0) return null;
  return <p className="border-t border-line px-4 py-2 text-sm text-ink3">Left out of every figure: {parts.join(", ")}.</p>;
}
