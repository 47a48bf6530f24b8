import { Calendar, GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { Button } from "~/parts/button";
import { ChoiceList } from "~/parts/choices";
import { Field } from "~/parts/dialog";
import { Popover } from "~/parts/popover";
import { addDays, dayOf } from "~/format/time";
import { COMPARISONS, type Comparison, DEFAULT_PRESET, PRESETS, PRESET_NAMES, type Preset, faultOfDays, moved, presetPeriod, usePeriod } from "~/state/period";
import { usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { useKeys } from "./keys";

const BAR = "inline-flex h-8 max-w-full items-center gap-2 rounded-control border border-line2 px-2.5 whitespace-nowrap hover:bg-hover pointer-coarse:h-11";

/** "Last 7 days 22–28 Nov · UTC"; `what` says what happened then: "Seen in last 7 days". */
export function PeriodPicker({ what }: { what?: string }) {
  const [isOpen, setOpen] = useState(false);
  const [, change] = usePageSearch();
  const { period } = usePeriod();
  const choose = (preset: Preset) => {
    change({ p: preset === DEFAULT_PRESET ? null : preset, from: null, to: null });
    setOpen(false);
  };
  const step = (direction: -1 | 1) => change({ p: null, ...moved(period, direction) });
  useKeys({
    t: () => setOpen(true),
    "[": () => step(-1),
    "]": () => (period.isOpen ? false : step(1)),
  });
  return (
    <Popover
      label="Period"
      align="end"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className={BAR}>
          <Calendar aria-hidden="true" size={14} className="text-ink3" />
          <span className="sr-only">Period: </span>
          {what && <span className="text-ink2 max-md:sr-only">{what}</span>}
          <span className="inline-block font-medium max-md:first-letter:uppercase">{what && period.preset ? period.name.toLowerCase() : period.name}</span>
          <span className="text-ink3 max-md:sr-only">
            {period.preset && `${period.dates} · `}
            {period.zone}
          </span>
        </button>
      }
    >
      <Presets value={period.preset} onChoose={choose} />
      <CustomDays
        key={`${period.from} ${period.to}`}
        onChoose={(days) => {
          change({ p: null, ...days });
          setOpen(false);
        }}
      />
      <p className="mt-3 text-sm text-ink3">Days are those of the store: {period.zone}.</p>
    </Popover>
  );
}

function Presets({ value, onChoose }: { value: Preset | null; onChoose: (preset: Preset) => void }) {
  const { time_zone: zone } = useStore();
  const today = dayOf(Date.now(), zone);
  const choices = PRESETS.map((preset) => ({
    value: preset,
    name: PRESET_NAMES[preset],
    count: presetPeriod(preset, zone, today).dates,
  }));
  return <ChoiceList label="Period" choices={choices} value={value} onChoose={(next) => onChoose(next as Preset)} />;
}

function CustomDays({ onChoose }: { onChoose: (days: { from: string; to: string }) => void }) {
  const { period } = usePeriod();
  const [from, setFrom] = useState(period.from);
  const [last, setLast] = useState(addDays(period.to, -1));
  const fault = faultOfDays(from, last);
  return (
    <form
      className="mt-3 flex flex-col gap-2 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fault) onChoose({ from, to: addDays(last, 1) });
      }}
    >
      <div className="grid grid-cols-2 gap-2">
        <Field label="First day" type="date" value={from} onChange={setFrom} />
        <Field label="Last day" type="date" value={last} onChange={setLast} fault={fault} />
      </div>
      <Button type="submit" blocked={fault}>
        Show these days
      </Button>
    </form>
  );
}

const COMPARISON_NAMES: Record<Comparison, string> = {
  previous_weeks: "The same weekdays before",
  previous_period: "The period before",
  previous_year: "The same days a year before",
  none: "Nothing",
};

/** "vs 15–21 Nov, to the same hour". */
export function ComparisonPicker() {
  const [isOpen, setOpen] = useState(false);
  const [, change] = usePageSearch();
  const { compared } = usePeriod();
  return (
    <Popover
      label="Compared with"
      align="end"
      width="w-72"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className={`${BAR} max-md:hidden`}>
          <GitCompareArrows aria-hidden="true" size={14} className="text-ink3" />
          <span className="text-ink3">vs</span>
          <span className="font-medium">{compared.name ?? "nothing"}</span>
        </button>
      }
    >
      <ChoiceList
        label="Compared with"
        choices={COMPARISONS.map((value) => ({ value, name: COMPARISON_NAMES[value] }))}
        value={compared.choice}
        onChoose={(next) => {
          change({ c: next === "previous_period" ? null : next });
          setOpen(false);
        }}
      />
    </Popover>
  );
}
