import { type ReactNode, useId } from "react";

import { Below } from "~/parts/below";

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly (readonly [Value, string])[];
  onChoose: (value: Value) => void;
  /** Whether the label is above the field or before it. */
  over?: boolean;
  disabled?: boolean;
  hint?: ReactNode;
  fault?: string | null;
}

/** One of several choices, for more than fit a segmented control. */
export function ChoiceSelect<Value extends string>({ label, value, choices, onChoose, over, disabled, hint, fault }: SelectProps<Value>) {
  const id = useId();
  return (
    <span className={over ? "flex min-w-0 flex-col gap-1" : "inline-flex min-w-0 items-center gap-2"}>
      <label htmlFor={id} className={over ? "font-medium" : "text-sm text-ink3"}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-invalid={fault ? true : undefined}
        aria-describedby={hint || fault ? `${id}-below` : undefined}
        onChange={(event) => onChoose(event.target.value as Value)}
        className={`max-w-full min-w-0 rounded-control border border-edge bg-surface px-2 aria-invalid:border-bad pointer-coarse:h-11 ${over ? "h-9 w-full" : "h-8"}`}
      >
        {choices.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
      {(hint || fault) && (
        <span id={`${id}-below`}>
          <Below hint={hint} fault={fault} />
        </span>
      )}
    </span>
  );
}
