import { type ReactNode, useId } from "react";

import { Below } from "~/parts/below";

const CONTROL = "rounded-control border border-edge bg-surface px-2.5 aria-invalid:border-bad";

interface ChecksFieldProps {
  legend: string;
  chosen: readonly string[];
  choices: readonly (readonly [string, string])[];
  onChange: (chosen: string[]) => void;
  hint?: ReactNode;
  fault?: string | null;
}

/** Any number of several choices. */
export function ChecksField({ legend, chosen, choices, onChange, hint, fault }: ChecksFieldProps) {
  return (
    <fieldset>
      <legend className="font-medium">{legend}</legend>
      <div className="mt-1 flex flex-wrap gap-x-5 gap-y-1">
        {choices.map(([one, name]) => (
          <label key={one} className="flex min-h-6 items-center gap-2 pointer-coarse:min-h-11">
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, one] : chosen.filter((other) => other !== one))}
              className="size-4 accent-(--accent)"
            />
            {name}
          </label>
        ))}
      </div>
      <Below hint={hint} fault={fault} />
    </fieldset>
  );
}

interface LinesFieldProps {
  label: string;
  /** One entry per line. */
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  fault?: string | null;
  rows?: number;
}

export function LinesField({ label, value, onChange, hint, fault, rows = 3 }: LinesFieldProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <textarea
        id={id}
        value={value}
        rows={rows}
        spellCheck={false}
        aria-invalid={fault ? true : undefined}
        aria-describedby={`${id}-below`}
        onChange={(event) => onChange(event.target.value)}
        className={`py-1.5 font-mono text-sm ${CONTROL}`}
      />
      <div id={`${id}-below`}>
        <Below hint={hint} fault={fault} />
      </div>
    </div>
  );
}

/** The entries of a multi-line field: trimmed, without empty ones. */
export function entriesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
