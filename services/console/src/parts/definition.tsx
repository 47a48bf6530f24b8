import type { ReactNode } from "react";
import { Popover } from "./popover";

export interface Definition {
  /** What is counted and what is not, in one or two sentences. */
  text: ReactNode;
  /** The formula with its numbers: "1,213 ÷ 6,592 = 18.4%". */
  formula?: string;
  /** The request that returns the figure, and the tables of its rows. */
  query?: string;
  source?: string;
  /** The heading in docs/numbers.md with the full definition. */
  chapter?: string;
  age?: string;
}

/** A figure's name with a dotted underline, which opens its definition. */
export function Defined({ name, definition, className = "" }: { name: string; definition: Definition; className?: string }) {
  return (
    <Popover
      label={`How “${name}” is counted`}
      trigger={
        <button
          type="button"
          aria-label={`${name}: how it is counted`}
          className={`reachable relative z-10 -my-1 rounded-[2px] py-1 text-left underline decoration-edge decoration-dotted underline-offset-4 hover:text-ink ${className}`}
        >
          {name}
        </button>
      }
    >
      <p className="font-semibold">{name}</p>
      <p className="mt-1 text-ink2">{definition.text}</p>
      {definition.formula && <p className="mt-2 rounded-control bg-sunken px-2 py-1.5 text-sm">{definition.formula}</p>}
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
        {definition.source && <Row name="Counted from">{definition.source}</Row>}
        {definition.query && (
          <Row name="Ask the API">
            <code className="font-mono text-xs break-all">{definition.query}</code>
          </Row>
        )}
        {definition.chapter && <Row name="At length">{`docs/numbers.md, “${definition.chapter}”`}</Row>}
        {definition.age && <Row name="Age">{definition.age}</Row>}
      </dl>
    </Popover>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink3">{name}</dt>
      <dd className="min-w-0 text-ink2">{children}</dd>
    </>
  );
}
