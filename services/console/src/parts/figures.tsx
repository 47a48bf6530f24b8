import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Change } from "~/format/numbers";
import { Defined, type Definition } from "./definition";

export interface Figure {
  id: string;
  name: string;
  value: string;
  definition?: Definition;
  change?: Change | null;
  /** The compared value as text; null without a comparison. */
  before?: string | null;
  /** Whether more is good (the default), bad, or neither. */
  better?: "more" | "less" | "neither";
  context?: ReactNode;
  tone?: "warn" | "bad";
}

interface FigureStripProps {
  label: string;
  figures: readonly Figure[];
  /** The figure that the chart shows, and a function that selects another. */
  chosen?: string;
  onChoose?: (id: string) => void;
  isLoading?: boolean;
}

/** A row of figures, separated by lines: name, value, change with the earlier value, and a line of context. */
export function FigureStrip({ label, figures, chosen, onChoose, isLoading }: FigureStripProps) {
  return (
    <section aria-label={label} className="grid grid-cols-2 border-b border-line md:grid-flow-col md:auto-cols-fr md:grid-cols-none">
      {figures.map((figure) => (
        <FigureCell key={figure.id} figure={figure} isChosen={figure.id === chosen} onChoose={onChoose} isLoading={isLoading} />
      ))}
    </section>
  );
}

interface CellProps {
  figure: Figure;
  isChosen: boolean;
  onChoose?: (id: string) => void;
  isLoading?: boolean;
}

function FigureCell({ figure, isChosen, onChoose, isLoading }: CellProps) {
  const toneOfValue = figure.tone === "bad" ? "text-bad" : figure.tone === "warn" ? "text-warn" : "";
  return (
    <div
      className={`relative min-h-[7.5rem] min-w-0 border-line p-4 max-md:border-b max-md:odd:border-r max-md:last:odd:col-span-2 max-md:last:odd:border-r-0 md:border-r md:last:border-r-0 ${onChoose ? "hover:bg-hover" : ""}`}
      data-figure={figure.id}
    >
      {isChosen && <span aria-hidden="true" className="absolute inset-x-0 -bottom-px h-0.5 bg-accent" />}
      <p className="text-ink2">{figure.definition ? <Defined name={figure.name} definition={figure.definition} /> : figure.name}</p>
      <p className={`mt-1 text-figure font-semibold tracking-[-0.015em] ${toneOfValue}`} data-value>
        {isLoading ? <span className="skeleton">00,000</span> : figure.value}
      </p>
      <div className="mt-1 flex min-h-[1.125rem] flex-wrap items-center gap-x-2 text-sm text-ink3">
        {!isLoading && <ChangeText figure={figure} />}
      </div>
      <p className="mt-1 min-h-[1.125rem] text-xs text-ink3">{isLoading ? <span className="skeleton">{figure.context || "0,000 of them"}</span> : figure.context}</p>
      {onChoose && (
        <button
          type="button"
          aria-pressed={isChosen}
          aria-label={`Show ${figure.name} in the chart`}
          onClick={() => onChoose(figure.id)}
          className="absolute inset-0 focus-visible:outline-offset-[-2px]"
        />
      )}
    </div>
  );
}

function ChangeText({ figure }: { figure: Figure }) {
  if (figure.before === undefined) return null;
  if (!figure.change) return <span>{figure.before === null ? "no earlier data" : `from ${figure.before}`}</span>;
  const { text, direction } = figure.change;
  const Arrow = direction === "up" ? ArrowUpRight : direction === "down" ? ArrowDownRight : ArrowRight;
  return (
    <>
      <span className={`inline-flex items-center gap-0.5 font-medium ${toneOf(direction, figure.better)}`}>
        <Arrow aria-hidden="true" size={14} />
        {text}
      </span>
      <span>from {figure.before}</span>
    </>
  );
}

function toneOf(direction: Change["direction"], better: Figure["better"] = "more"): string {
  if (direction === "flat" || better === "neither") return "text-ink2";
  return (direction === "up") === (better === "more") ? "text-ok" : "text-bad";
}
