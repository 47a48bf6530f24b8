import { ToggleGroup } from "radix-ui";

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly (readonly [Value, string])[];
  onChoose: (value: Value) => void;
}

/** Two to five choices of which one holds. Arrows move; never for navigation. */
export function Segmented<Value extends string>({ label, value, choices, onChoose }: SegmentedProps<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => next && onChoose(next as Value)}
      className="inline-flex h-8 shrink-0 rounded-control bg-sunken p-px pointer-coarse:h-9"
    >
      {choices.map(([one, name]) => (
        <ToggleGroup.Item
          key={one}
          value={one}
          className="rounded-[5px] border border-transparent px-3 text-base text-ink2 transition-colors duration-120 hover:text-ink data-[state=on]:border-line2 data-[state=on]:bg-surface data-[state=on]:font-medium data-[state=on]:text-ink"
        >
          {name}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
