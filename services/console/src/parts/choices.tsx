import { Check, ChevronDown, X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { readable } from "~/format/text";
import { Popover } from "./popover";

export interface Choice {
  value: string;
  name: string;
  /** The number of its rows, if it is known. */
  count?: string;
}

interface ListProps {
  label: string;
  choices: readonly Choice[];
  value: string | null;
  onChoose: (value: string) => void;
}

/** A listbox: arrows, Home and End move, Enter chooses. */
export function ChoiceList({ label, choices, value, onChoose }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  function move(event: KeyboardEvent) {
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role=option]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items[(next + items.length) % items.length]?.focus();
  }
  const first = Math.max(0, choices.findIndex((one) => one.value === value));
  return (
    <div ref={list} role="listbox" aria-label={label} tabIndex={-1} onKeyDown={move} className="-mx-2">
      {choices.map((one, place) => (
        <div
          key={one.value}
          role="option"
          aria-selected={one.value === value}
          tabIndex={place === first ? 0 : -1}
          onClick={() => onChoose(one.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            onChoose(one.value);
          }}
          className="flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 hover:bg-hover focus-visible:outline-offset-[-2px] pointer-coarse:min-h-11"
        >
          <Check aria-hidden="true" size={14} className={one.value === value ? "text-accent" : "invisible"} />
          <bdi className="min-w-0 flex-1 truncate">{readable(one.name)}</bdi>
          {one.count && <span className="text-ink3">{one.count}</span>}
        </div>
      ))}
    </div>
  );
}

interface FilterProps extends Omit<ListProps, "onChoose"> {
  onChoose: (value: string | null) => void;
}

/** A filter, dashed while unset, solid with its value when set. Backspace clears it. */
export function Filter({ label, choices, value, onChoose }: FilterProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = value === null ? null : (choices.find((one) => one.value === value)?.name ?? value);
  return (
    <span className="inline-flex shrink-0">
      <Popover
        label={label}
        width="w-64"
        open={isOpen}
        onOpenChange={setOpen}
        trigger={
          <button
            type="button"
            onKeyDown={(event) => event.key === "Backspace" && onChoose(null)}
            className={`inline-flex h-8 max-w-60 items-center gap-1.5 rounded-control border px-2.5 text-base whitespace-nowrap hover:bg-hover pointer-coarse:h-9 ${chosen === null ? "border-dashed border-edge text-ink2" : "rounded-r-none border-line2 font-medium"}`}
          >
            <span className={chosen === null ? "" : "font-normal text-ink2"}>{label}</span>
            {chosen !== null && <bdi className="truncate">{readable(chosen)}</bdi>}
            <ChevronDown aria-hidden="true" size={14} className="shrink-0 text-ink3" />
          </button>
        }
      >
        <ChoiceList
          label={label}
          choices={choices}
          value={value}
          onChoose={(next) => {
            onChoose(next === value ? null : next);
            setOpen(false);
          }}
        />
        {choices.length === 0 && <p className="text-ink3">Nothing to choose from in this period.</p>}
      </Popover>
      {chosen !== null && (
        <button
          type="button"
          aria-label={`Clear ${label}`}
          title={`Clear ${label}`}
          onClick={() => onChoose(null)}
          className="inline-flex h-8 w-7 items-center justify-center rounded-control rounded-l-none border border-l-0 border-line2 text-ink3 hover:bg-hover hover:text-ink pointer-coarse:h-9 pointer-coarse:w-9"
        >
          <X aria-hidden="true" size={14} />
        </button>
      )}
    </span>
  );
}
