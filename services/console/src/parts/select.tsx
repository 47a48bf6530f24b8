import { useId } from "react";

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly (readonly [Value, string])[];
  onChoose: (value: Value) => void;
  /** Whether the label stands over the field, or before it. */
  over?: boolean;
  disabled?: boolean;
}

/** One of several, where they are too many for a segmented control. */
export function ChoiceSelect<Value extends string>({ label, value, choices, onChoose, over, disabled }: SelectProps<Value>) {
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
        onChange={(event) => onChoose(event.target.value as Value)}
        className={`max-w-full min-w-0 rounded-control border border-edge bg-surface px-2 pointer-coarse:h-11 ${over ? "h-9 w-full" : "h-8"}`}
      >
        {choices.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
