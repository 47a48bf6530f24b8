import { Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { readable } from "~/format/text";
import { Badge } from "~/parts/badge";
import { Button, IconButton } from "~/parts/button";
import { Segmented } from "~/parts/segmented";
import { useEditing } from "./context";
import type { DraftVariant } from "./draft";
import { Fault, JsonField } from "./fields";
import { type Override, type PageSlot, isObject, leafAt, leavesOf, withLeaf } from "./merge";
import { plainOf, valueOf } from "./values";

interface SlotsProps {
  /** The current page, on which the variant is based. */
  base: readonly PageSlot[];
  warnings: readonly string[];
}

/** The selected variant's changes of the page: as a form or as JSON. */
export function Slots({ base, warnings }: SlotsProps) {
  const { draft, chosen, patchVariant } = useEditing();
  const [mode, setMode] = useState<"form" | "json">("form");
  const place = draft.variants.findIndex((one) => one.key === chosen);
  const variant = draft.variants[place];
  if (!variant) return null;
  const field = `variants.${place}.slot_overrides`;
  return (
    <section aria-labelledby="slots" className="px-4 py-4">
      <div className="flex items-center justify-between gap-3">
        <h2 id="slots" className="min-w-0 truncate font-semibold">
          Slots of <bdi>{readable(variant.name || variant.variant_id)}</bdi>
        </h2>
        <Segmented
          label="How slots are written"
          value={mode}
          choices={[
            ["form", "Form"],
            ["json", "JSON"],
          ]}
          onChoose={setMode}
        />
      </div>
      {mode === "json" ? (
        <div className="mt-2">
          <JsonField key={variant.key} field={field} label="slot_overrides" value={variant.overrides} wants="object" rows={14} onChange={(value) => patchVariant(variant.key, { overrides: value as Record<string, Override> })} />
        </div>
      ) : (
        <SlotForm key={variant.key} variant={variant} field={field} base={base} />
      )}
      {warnings.length > 0 && (
        <div role="status" aria-label="Warnings" className="mt-3 rounded-panel bg-warn-soft p-3">
          <ul className="flex flex-col gap-1">
            {warnings.map((one) => (
              <li key={one} className="break-words">
                {readable(one)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <More key={`more ${variant.key}`} variant={variant} place={place} />
    </section>
  );
}

function SlotForm({ variant, field, base }: { variant: DraftVariant; field: string; base: readonly PageSlot[] }) {
  const { patchVariant } = useEditing();
  const [added, setAdded] = useState("");
  const set = (id: string, override: Override | null) => {
    const entries = Object.entries(variant.overrides).filter(([one]) => one !== id);
    patchVariant(variant.key, { overrides: Object.fromEntries(override ? [...Object.entries(variant.overrides).map(([one, old]) => [one, one === id ? override : old] as const), ...(id in variant.overrides ? [] : [[id, override] as const])] : entries) });
  };
  const free = base.filter((one) => !Object.hasOwn(variant.overrides, one.slot_id));
  return (
    <div className="mt-2 flex flex-col gap-2">
      {Object.entries(variant.overrides).map(([id, override]) => (
        <SlotCard key={id} id={id} override={override} before={base.find((one) => one.slot_id === id)} field={`${field}.${id}`} onChange={(next) => set(id, next)} onDrop={() => set(id, null)} />
      ))}
      {Object.keys(variant.overrides).length === 0 && <p className="text-ink3">{variant.is_control ? "The control is the page as it is." : "Nothing is changed: this variant is the page as it is."}</p>}
      <Fault field={field} />
      <div className="flex flex-wrap items-end gap-2">
        {free.length > 0 && (
          <label className="flex min-w-0 flex-col gap-1">
            <span className="text-sm text-ink3">Change a slot of the page</span>
            <select value="" onChange={(event) => event.target.value && set(event.target.value, {})} className="h-8 max-w-full rounded-control border border-edge bg-surface px-2 pointer-coarse:h-11">
              <option value="">choose a slot</option>
              {free.map((one) => (
                <option key={one.slot_id} value={one.slot_id}>
                  {readable(one.slot_id)}
                </option>
              ))}
            </select>
          </label>
        )}
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            const id = added.trim();
            if (!id || Object.hasOwn(variant.overrides, id)) return;
            set(id, base.some((one) => one.slot_id === id) ? {} : { component: "Block" });
            setAdded("");
          }}
        >
          <label className="flex flex-col gap-1">
            <span className="text-sm text-ink3">Another slot’s id</span>
            <input value={added} onChange={(event) => setAdded(event.target.value)} autoComplete="off" spellCheck={false} className="h-8 w-32 rounded-control border border-edge bg-surface px-2 font-mono text-sm pointer-coarse:h-11" />
          </label>
          <Button type="submit" size="small" icon={<Plus aria-hidden="true" size={14} />}>
            Slot
          </Button>
        </form>
      </div>
    </div>
  );
}

interface CardProps {
  id: string;
  override: Override;
  before: PageSlot | undefined;
  field: string;
  onChange: (override: Override) => void;
  onDrop: () => void;
}

function SlotCard({ id, override, before, field, onChange, onDrop }: CardProps) {
  const props = override.props ?? {};
  const isOn = override.enabled ?? before?.enabled ?? true;
  const tags = [!before && "added", override.position != null && override.position !== before?.position && "moved", Object.keys(props).length > 0 && "props"].filter((one) => typeof one === "string");
  const setProps = (next: Record<string, unknown>) => onChange({ ...override, props: Object.keys(next).length ? next : null });
  return (
    <fieldset data-slot={id} className="min-w-0 rounded-panel border border-line p-3">
      <legend className="sr-only">Slot {id}</legend>
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-mono text-sm font-medium">
          <bdi>{readable(id)}</bdi>
        </span>
        {tags.map((one) => (
          <Badge key={one}>{one}</Badge>
        ))}
        <label className="ml-auto flex min-h-6 items-center gap-1.5 text-sm text-ink2">
          <input type="checkbox" role="switch" checked={isOn} className="size-4 accent-[var(--accent)]" onChange={(event) => onChange({ ...override, enabled: event.target.checked === (before?.enabled ?? true) ? null : event.target.checked })} />
          on
        </label>
        <IconButton size="small" name={`Leave ${id} as it is`} icon={<X aria-hidden="true" size={14} />} onClick={onDrop} />
      </div>
      <dl className="mt-1 grid grid-cols-[minmax(0,7.5rem)_minmax(0,1fr)] items-center gap-x-3 gap-y-1.5">
        <Line name="position" was={before?.position}>
          <SlotInput
            field={`${field}.position`}
            label={`Position of ${id}`}
            value={override.position == null ? "" : String(override.position)}
            placeholder={before ? String(before.position) : "at the end"}
            onChange={(text) => onChange({ ...override, position: text.trim() === "" ? null : Number(text) })}
          />
        </Line>
        <Line name="component" was={before?.component}>
          <SlotInput field={`${field}.component`} label={`Component of ${id}`} value={override.component ?? ""} placeholder={before?.component ?? "Banner"} onChange={(text) => onChange({ ...override, component: text === "" && before ? null : text })} />
        </Line>
        {leavesOf(props).map(({ path, value }) => (
          <Line key={path} name={`props.${path}`} was={before && leafAt(before.props, path)} onDrop={() => setProps(withLeaf(props, path, undefined))}>
            <PropInput field={`${field}.props.${path}`} label={`${id} props.${path}`} value={value} onChange={(next) => setProps(withLeaf(props, path, next))} />
          </Line>
        ))}
      </dl>
      <NewProp id={id} known={leavesOf(before?.props ?? {}).map((one) => one.path)} onAdd={(path) => setProps(withLeaf(props, path, (before && leafAt(before.props, path)) ?? ""))} />
    </fieldset>
  );
}

function Line({ name, was, onDrop, children }: { name: string; was: unknown; onDrop?: () => void; children: ReactNode }) {
  return (
    <>
      <dt className="min-w-0 truncate font-mono text-sm text-ink2" title={name}>
        <bdi>{readable(name)}</bdi>
      </dt>
      <dd className="flex min-w-0 items-center gap-2">
        {was !== undefined && (
          <del className="max-w-28 shrink-0 truncate text-sm text-ink3" title={readable(plainOf(was))}>
            <bdi>{readable(plainOf(was))}</bdi>
          </del>
        )}
        <span className="min-w-0 flex-1">{children}</span>
        {onDrop && <IconButton size="small" name={`Leave ${name} as it is`} icon={<X aria-hidden="true" size={12} />} onClick={onDrop} />}
      </dd>
    </>
  );
}

interface InputProps {
  field: string;
  label: string;
  value: string;
  placeholder?: string;
  onChange: (text: string) => void;
}

function SlotInput({ field, label, value, placeholder, onChange }: InputProps) {
  const { faults } = useEditing();
  return (
    <>
      <input
        aria-label={label}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        data-field={field}
        aria-invalid={faults[field] ? true : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="h-8 w-full min-w-0 rounded-control border border-edge bg-surface px-2 text-sm placeholder:text-ink3 aria-invalid:border-bad pointer-coarse:h-11"
      />
      <Fault field={field} />
    </>
  );
}

/** A value of props: text that reads as a number, true, false, null, a list or an object is that value; all
 * other text stays text. */
function PropInput({ field, label, value, onChange }: { field: string; label: string; value: unknown; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(() => plainOf(value));
  return (
    <SlotInput
      field={field}
      label={label}
      value={text}
      onChange={(next) => {
        setText(next);
        onChange(valueOf(next));
      }}
    />
  );
}

function NewProp({ id, known, onAdd }: { id: string; known: readonly string[]; onAdd: (path: string) => void }) {
  const [path, setPath] = useState("");
  return (
    <form
      className="mt-2 flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = path.trim().replace(/^props\./, "");
        if (!wanted || wanted.split(".").some((one) => one === "")) return;
        onAdd(wanted);
        setPath("");
      }}
    >
      <input aria-label={`Property of ${id} to change`} list={`props-${id}`} value={path} onChange={(event) => setPath(event.target.value)} placeholder="title" autoComplete="off" spellCheck={false} className="h-8 w-40 rounded-control border border-edge bg-surface px-2 font-mono text-sm placeholder:text-ink3 pointer-coarse:h-11" />
      <datalist id={`props-${id}`}>
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <Button type="submit" look="ghost" size="small" icon={<Plus aria-hidden="true" size={14} />}>
        Property
      </Button>
    </form>
  );
}

/** Fields that few variants use. */
function More({ variant, place }: { variant: DraftVariant; place: number }) {
  const { patchVariant, faults } = useEditing();
  const field = `variants.${place}`;
  const isUsed = variant.page_template !== "" || variant.slot_configuration !== null || Object.keys(variant.payload).length > 0;
  const isWrong = Object.keys(faults).some((one) => [`${field}.page_template`, `${field}.slot_configuration`, `${field}.payload`].some((own) => one.startsWith(own)));
  return (
    <details className="mt-3" open={isUsed || isWrong || undefined}>
      <summary className="min-h-6 font-medium">Template, layout and payload</summary>
      <div className="mt-2 flex flex-col gap-3">
        <label className="flex flex-col gap-1">
          <span className="font-medium">Template of the page</span>
          <SlotInput field={`${field}.page_template`} label="Template of the page" value={variant.page_template} placeholder="as the page says" onChange={(page_template) => patchVariant(variant.key, { page_template })} />
        </label>
        <JsonField field={`${field}.slot_configuration`} label="slot_configuration" value={variant.slot_configuration} wants="list or nothing" rows={4} hint="Slots that take the place of the page’s own." onChange={(value) => patchVariant(variant.key, { slot_configuration: value as unknown[] | null })} />
        <JsonField field={`${field}.payload`} label="payload" value={Object.keys(variant.payload).length ? variant.payload : null} wants="object" rows={4} hint="For a page that asks for its variant and does the rest itself." onChange={(value) => patchVariant(variant.key, { payload: isObject(value) ? value : {} })} />
      </div>
    </details>
  );
}
