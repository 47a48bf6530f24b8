import { Dot } from "~/parts/badge";
import { formatClock, formatDay, formatMoment, zoneName } from "~/format/time";
import type { MeterFigure } from "./meters";
import { formatQuantity, meterName } from "./names";

const REFUSED: Record<string, string> = {
  api_call: "requests",
  event: "events",
  order: "orders that are created or paid",
};

/** A limit in words: when it is reached, and what happens then. */
export function LimitBanner({ one, zone, endsAt }: { one: MeterFigure; zone: string; endsAt: number }) {
  const isBad = one.standing.tone === "bad";
  return (
    <p role="status" className={`flex items-start gap-2.5 border-b border-line px-4 py-2.5 ${isBad ? "bg-bad-soft" : "bg-warn-soft"}`}>
      <span className="mt-1.5">
        <Dot tone={one.standing.tone} />
      </span>
      <span className="min-w-0">
        <strong className="font-semibold">{headOf(one, zone)}</strong> {consequenceOf(one, zone, endsAt)}
      </span>
    </p>
  );
}

export function headOf(one: MeterFigure, zone: string): string {
  const name = meterName(one.meter);
  const { word, at } = one.standing;
  if (word === "limit reached") return `${name} have reached the plan’s ${formatQuantity(one.meter, one.hard)}.`.replace("Storage have", "Storage has");
  if (word === "limit ahead" && at !== null) {
    return `${name} will reach the plan’s ${formatQuantity(one.meter, one.hard)} on ${formatDay(at, zone)} about ${formatClock(at, zone)} ${zoneName(zone)}, at this month’s pace.`;
  }
  return `${name} are over the plan’s soft limit of ${formatQuantity(one.meter, one.soft)}.`.replace("Storage are", "Storage is");
}

export function consequenceOf(one: MeterFigure, zone: string, endsAt: number): string {
  if (one.standing.word === "over its soft limit") return "Senders are warned in a header; nothing is refused.";
  if (one.aggregation === "last") return "Nothing is refused: it can come down again.";
  const what = REFUSED[one.meter] ?? `events of ${meterName(one.meter)}`;
  const from = one.standing.word === "limit reached" ? "New" : "From then on new";
  return `${from} ${what} of this store are refused with 402 until ${formatMoment(endsAt, zone)}; senders keep them and try again. Nothing that is stored is lost.`;
}
