import { RadioGroup } from "radix-ui";

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly (readonly [Value, string])[];
  onChoose: (value: Value) => void;
}

/** Two to five exclusive choices. Arrows move; not for navigation. */
export function Segmented<Value extends string>({ label, value, choices, onChoose }: SegmentedProps<Value>) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => onChoose(next as Value)}
      className="inline-flex h-8 shrink-0 rounded-control bg-sunken p-px pointer-coarse:h-9"
    >
      {choices.map(([one, name]) => (
        <RadioGroup.Item
          key={one}
          value={one}
          className="rounded-[5px] border border-transparent px-3 text-base whitespace-nowrap text-ink2 transition-colors duration-120 hover:text-ink data-[state=checked]:border-line2 data-[state=checked]:bg-surface data-[state=checked]:font-medium data-[state=checked]:text-ink"
        >
          {name}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
