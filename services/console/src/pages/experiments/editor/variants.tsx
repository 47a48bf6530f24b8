import { Check, Plus, TriangleAlert, X } from "lucide-react";
import { Button, IconButton } from "~/parts/button";
import { readable } from "~/format/text";
import { useEditing } from "./context";
import { type DraftVariant, evenWeights, newVariant, pointsOfPercent, sumOfWeights } from "./draft";
import { MOST_VARIANTS } from "./faults";
import { Fault, TextField } from "./fields";

const COLORS = ["previous", "s1", "s2", "s3", "s4", "s5", "s6"] as const;

/** The colour of a variant, by its position. */
export function colorOf(place: number): string {
  return `var(--${COLORS[place % COLORS.length]})`;
}

/** Names, ids and weights; the weights add up to all participants. */
export function Variants() {
  const { draft, patch, faults } = useEditing();
  const { variants } = draft;
  const sum = sumOfWeights(variants);
  const add = () => {
    const id = nextId(variants);
    patch({ variants: [...variants, newVariant(id, id.toUpperCase(), "0")] });
  };
  const even = () => {
    const weights = evenWeights(variants.length);
    patch({ variants: variants.map((one, place) => ({ ...one, weight: weights[place]! })) });
  };
  return (
    <section aria-labelledby="variants" className="border-b border-line px-4 py-4">
      <div className="flex items-baseline justify-between gap-3">
        <h2 id="variants" className="font-semibold">
          Variants
        </h2>
        <span className="text-sm text-ink3">of {draft.traffic || "?"}% of visitors</span>
      </div>
      <Shares variants={variants} />
      <ul className="mt-2 flex flex-col">
        {variants.map((one, place) => (
          <VariantLine key={one.key} one={one} place={place} />
        ))}
      </ul>
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button look="ghost" size="small" icon={<Plus aria-hidden="true" size={14} />} blocked={variants.length >= MOST_VARIANTS ? `A test has ${MOST_VARIANTS} variants at most.` : null} onClick={add}>
          Variant
        </Button>
        <Button look="ghost" size="small" onClick={even}>
          Even weights
        </Button>
        <span role="status" data-sum className={`ml-auto inline-flex items-center gap-1.5 ${sum === 10_000 ? "text-ok" : "text-bad"}`}>
          {sum === 10_000 ? <Check aria-hidden="true" size={14} /> : <TriangleAlert aria-hidden="true" size={14} />}
          sum {(sum / 100).toFixed(2)}%{sum === 10_000 ? "" : `, ${sum < 10_000 ? "missing" : "too much"} ${(Math.abs(10_000 - sum) / 100).toFixed(2)}%`}
        </span>
      </div>
      {faults.variants && <Fault field="variants" />}
    </section>
  );
}

function nextId(variants: readonly DraftVariant[]): string {
  const used = new Set(variants.map((one) => one.variant_id));
  for (const letter of "bcdefghijk") if (!used.has(letter)) return letter;
  return `v${variants.length}`;
}

function Shares({ variants }: { variants: readonly DraftVariant[] }) {
  return (
    <div aria-hidden="true" className="mt-2 flex h-2 gap-px overflow-hidden rounded-full bg-sunken">
      {variants.map((one, place) => (
        <span key={one.key} style={{ width: `${(pointsOfPercent(one.weight) ?? 0) / 100}%`, background: colorOf(place) }} />
      ))}
    </div>
  );
}

function VariantLine({ one, place }: { one: DraftVariant; place: number }) {
  const { draft, patch, patchVariant, chosen, choose } = useEditing();
  const isChosen = chosen === one.key;
  const changed = Object.keys(one.overrides).length;
  const field = `variants.${place}`;
  const label = readable(one.name || one.variant_id || `variant ${place + 1}`);
  const drop = () => {
    const left = draft.variants.filter((each) => each.key !== one.key);
    patch({ variants: one.is_control ? left.map((each, at) => ({ ...each, is_control: at === 0 })) : left });
    if (isChosen) choose(left[0]!.key);
  };
  return (
    <li data-variant={one.variant_id} className={`-mx-2 rounded-control px-2 py-2 ${isChosen ? "bg-accent-soft" : ""}`}>
      <div className="flex items-start gap-2 max-md:flex-wrap">
        <span aria-hidden="true" className="mt-3 size-2.5 shrink-0 rounded-[2px]" style={{ background: colorOf(place) }} />
        <TextField field={`${field}.name`} label={`Name of variant ${place + 1}`} value={one.name} isBare className="flex-1 max-md:basis-48" placeholder="Name" onChange={(name) => patchVariant(one.key, { name })} />
        <TextField field={`${field}.variant_id`} label={`Id of ${label}`} value={one.variant_id} isBare className="w-24" placeholder="id" onChange={(variant_id) => patchVariant(one.key, { variant_id })} />
        <TextField field={`${field}.weight`} label={`Weight of ${label}, percent`} value={one.weight} isBare unit="%" align="right" className="w-24" onChange={(weight) => patchVariant(one.key, { weight })} />
        <IconButton
          size="small"
          className="mt-1"
          name={`Remove ${label}`}
          blocked={draft.variants.length <= 2 ? "A test has two variants at least." : null}
          icon={<X aria-hidden="true" size={14} />}
          onClick={drop}
        />
      </div>
      <div className="mt-1 flex flex-wrap items-center gap-x-4 pl-5 text-sm text-ink2">
        <button type="button" aria-pressed={isChosen} onClick={() => choose(one.key)} className="reachable text-accent underline">
          {isChosen ? "shown and written below" : `Show ${label}`}
        </button>
        <label className="flex min-h-6 items-center gap-1.5">
          <input type="radio" name="control" checked={one.is_control} className="size-4 accent-[var(--accent)]" onChange={() => patch({ variants: draft.variants.map((each) => ({ ...each, is_control: each.key === one.key })) })} />
          control<span className="sr-only">: {label}</span>
        </label>
        <span className="text-ink3">{changed === 0 ? "as the page is" : `${changed} ${changed === 1 ? "slot" : "slots"} changed`}</span>
      </div>
    </li>
  );
}
