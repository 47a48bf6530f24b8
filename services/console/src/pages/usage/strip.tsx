import type { ReactNode } from "react";
import { formatPercent, ratioOf } from "~/format/numbers";
import { formatDay } from "~/format/time";
import { Badge } from "~/parts/badge";
import { type Figure, FigureStrip } from "~/parts/figures";
import { type MeterFigure, nearestLimit } from "./meters";
import { MEANINGS, formatQuantity, meterName } from "./names";

const AS = { sum: "the sum of its quantities", count: "how many events it has", max: "its greatest quantity", last: "the quantity of its latest event" };

interface StripProps {
  figures: readonly MeterFigure[];
  chosen: string;
  onChoose: (meter: string) => void;
  zone: string;
  /** The end of the open month; null for a closed one. */
  endsAt: number | null;
  isLoading?: boolean;
}

/** The meters in a row: usage, limit and forecast. */
export function MeterStrip({ figures, chosen, onChoose, zone, endsAt, isLoading }: StripProps) {
  return (
    <FigureStrip
      label="Meters"
      chosen={chosen}
      onChoose={onChoose}
      isLoading={isLoading}
      figures={figures.map((one): Figure => {
        const { meter, used, standing } = one;
        return {
          id: meter,
          name: meterName(meter),
          value: formatQuantity(meter, used),
          tone: standing.tone === "ok" ? undefined : standing.tone,
          definition: {
            text: `${MEANINGS[meter] ?? "What the store’s servers report under this name."} The month’s figure is ${AS[one.aggregation]}, of the store’s own calendar month.`,
            formula: one.end !== null && endsAt !== null && one.aggregation !== "max" && one.aggregation !== "last" ? `At the pace so far: ${formatQuantity(meter, Math.round(one.end))} by the end of the month` : undefined,
            source: "usage_current, by hour",
            query: "GET /api/usage/{store_id}/limits",
          },
          context: <Context one={one} zone={zone} endsAt={endsAt} />,
        };
      })}
    />
  );
}

function Context({ one, zone, endsAt }: { one: MeterFigure; zone: string; endsAt: number | null }) {
  const { meter, used, hard, soft, standing, end } = one;
  const near = nearestLimit(one);
  const day = endsAt === null ? "" : formatDay(endsAt - 1, zone);
  const forecast = end === null || endsAt === null ? null : `${formatQuantity(meter, Math.round(end))} by ${day}`;
  if (near === null) return <span className="flex flex-wrap justify-between gap-x-2">no limit{forecast && <span>{forecast}</span>}</span>;
  return (
    <span className="flex flex-col gap-1">
      <Bar used={used} end={end} limit={hard ?? near.value} mark={hard === null ? null : soft} tone={standing.tone} />
      <span className="flex flex-wrap justify-between gap-x-2">
        <span>
          {formatPercent(ratioOf(used, near.value), 0)} of {formatQuantity(meter, near.value)} {near.kind}
          {soft !== null && hard !== null && (near.kind === "soft" ? `, ${formatQuantity(meter, hard)} hard` : `, past ${formatQuantity(meter, soft)} soft`)}
        </span>
        <Word one={one} zone={zone}>
          {forecast}
        </Word>
      </span>
    </span>
  );
}

function Word({ one, zone, children }: { one: MeterFigure; zone: string; children: ReactNode }) {
  const { word, at, tone } = one.standing;
  if (!word) return <span>{children}</span>;
  return <Badge tone={tone === "ok" ? "neutral" : tone}>{word === "limit ahead" && at !== null ? `limit on ${formatDay(at, zone)}` : word}</Badge>;
}

const TONES = { ok: "bg-s1", warn: "bg-warn-dot", bad: "bg-bad-dot" };

interface BarProps {
  used: number;
  end: number | null;
  /** The limit, which is the bar's full length. */
  limit: number;
  /** The position of a soft limit within the bar. */
  mark: number | null;
  tone: "ok" | "warn" | "bad";
}

/** Usage to scale, with the forecast hatched; a soft limit is a line. */
function Bar({ used, end, limit, mark, tone }: BarProps) {
  const share = (value: number) => `${Math.max(0, Math.min(1, value / Math.max(limit, 1e-9))) * 100}%`;
  return (
    <span aria-hidden="true" className="relative block">
      <span className="relative block h-1.5 overflow-hidden rounded-full bg-sunken">
      {end !== null && <span className="hatched absolute inset-y-0 left-0" style={{ width: share(end) }} />}
      <span className={`absolute inset-y-0 left-0 rounded-full ${TONES[tone]}`} style={{ width: share(used), background: tone === "ok" ? "var(--s1)" : undefined }} />
      </span>
      {mark !== null && mark < limit && <span data-soft className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 bg-ink2" style={{ left: share(mark) }} />}
    </span>
  );
}
