import type { components } from "~/api/schema";
import { formatClock, formatSeconds } from "~/format/time";

type Span = components["schemas"]["BreakerSpan"];

const NAMES = { closed: "closed", open: "open", probing: "half open" };
const LOOKS = { closed: "bg-ok-soft text-ok", open: "bg-bad-soft text-bad", probing: "bg-warn-soft text-warn" };
/** Parts narrower than this have no room for a label, as a share. */
const ROOM = 0.12;

/** The breaker's states in the last 30 minutes, to scale and in a sentence. */
export function BreakerBar({ history, zone, zoneName }: { history: readonly Span[]; zone: string; zoneName: string }) {
  const first = history[0];
  const last = history[history.length - 1];
  if (!first || !last) return null;
  const [start, end] = [Date.parse(first.from), Date.parse(last.to)];
  const shareOf = (span: Span) => (Date.parse(span.to) - Date.parse(span.from)) / (end - start);
  const opened = history.filter((span) => span.state === "open" && span.outcomes !== null).at(0);
  return (
    <div>
      <div role="img" aria-label={sentenceOf(history, zone, zoneName)} className="flex h-6 overflow-hidden rounded-badge">
        {history.map((span) => (
          <span
            key={`${span.from} ${span.state}`}
            aria-hidden="true"
            style={{ width: `${shareOf(span) * 100}%` }}
            className={`min-w-px overflow-hidden text-xs leading-6 font-medium whitespace-nowrap ${LOOKS[span.state]}`}
          >
            {shareOf(span) > ROOM && <span className="px-2">{NAMES[span.state]}</span>}
          </span>
        ))}
      </div>
      <p className="mt-1 flex justify-between gap-3 text-sm text-ink3">
        <span>{formatClock(start, zone)}</span>
        {opened && (
          <span className="min-w-0 truncate">
            {formatSeconds(opened.from, zone)} · {opened.failures} of {opened.outcomes} failed
          </span>
        )}
        <span>{formatClock(end, zone)}</span>
      </p>
    </div>
  );
}

function sentenceOf(history: readonly Span[], zone: string, zoneName: string): string {
  const at = (moment: string) => formatClock(moment, zone);
  if (history.length === 1) return `The breaker was ${NAMES[history[0]!.state]} all the time from ${at(history[0]!.from)} to ${at(history[0]!.to)} ${zoneName}.`;
  const openings = history.filter((span) => span.state === "open").length;
  const last = history[history.length - 1]!;
  return `The breaker was open ${openings === 1 ? "once" : `${openings} times`} from ${at(history[0]!.from)} to ${at(last.to)} ${zoneName}. It is ${NAMES[last.state]} since ${at(last.from)}.`;
}
