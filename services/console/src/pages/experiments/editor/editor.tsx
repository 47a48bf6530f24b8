import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { ApiError, PAGE_FAULT } from "~/api/errors";
import { readable } from "~/format/text";
import { Confirm } from "~/parts/dialog";
import { Segmented } from "~/parts/segmented";
import { useChoice, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { type Experiment, type PageConfig, pageConfigsQuery } from "../queries";
import { Audience } from "./audience";
import { type Editing, EditingContext, useEditing } from "./context";
import { type Draft, listOf } from "./draft";
import { type Faults, faultsOf } from "./faults";
import { TextField } from "./fields";
import { Metrics } from "./metrics";
import { Planning } from "./planning";
import { Preview, placeOf } from "./preview";
import { Slots } from "./slots";
import { Variants } from "./variants";

/** The draft being edited, and its faults. */
export interface EditedDraft {
  draft: Draft;
  setDraft: (draft: Draft) => void;
  /** Faults that prevent saving; empty if there are none. */
  faults: Faults;
  /** Whether faults are shown: after the first attempt to save. */
  setTried: (tried: boolean) => void;
  /** Sets the API's refusal of this very draft. */
  setRefused: (error: unknown) => void;
  editing: Editing;
  /** A refusal that names no field of the form. */
  unplaced: string | null;
}

/** The state of a form that starts with `first`. */
export function useEditedDraft(first: () => Draft): EditedDraft {
  const [draft, setState] = useState(first);
  const [isTried, setTried] = useState(false);
  const [unread, setUnreadState] = useState<Faults>({});
  const [refused, setRefusedState] = useState<{ faults: Faults; whole: string | null }>({ faults: {}, whole: null });
  const [chosen, choose] = useState(() => (draft.variants.find((one) => !one.is_control) ?? draft.variants[0]!).key);
  const own = useMemo(() => ({ ...faultsOf(draft), ...unread }), [draft, unread]);
  const setDraft = (next: Draft) => {
    setState(next);
    setRefusedState({ faults: {}, whole: null });
  };
  const setUnread = useCallback<Editing["setUnread"]>((field, reason) => {
    setUnreadState((known) => {
      const rest = Object.fromEntries(Object.entries(known).filter(([one]) => one !== field));
      if (reason === null) return field in known ? rest : known;
      return { ...rest, [field]: reason };
    });
  }, []);
  const shown = isTried ? { ...refused.faults, ...own } : unread;
  const editing: Editing = {
    draft,
    faults: shown,
    chosen: draft.variants.some((one) => one.key === chosen) ? chosen : draft.variants[0]!.key,
    choose,
    patch: (changes) => setDraft({ ...draft, ...changes }),
    patchVariant: (key, changes) => setDraft({ ...draft, variants: draft.variants.map((one) => (one.key === key ? { ...one, ...changes } : one)) }),
    setUnread,
  };
  const setRefused = (error: unknown) => {
    if (!(error instanceof ApiError)) return setRefusedState({ faults: {}, whole: error ? PAGE_FAULT : null });
    const { field, message } = error;
    const reason = field && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
    setRefusedState({ faults: field ? { [field]: reason } : {}, whole: message });
  };
  return { draft, setDraft, faults: own, setTried, setRefused, editing, unplaced: refused.whole };
}

interface EditorFormProps {
  edited: EditedDraft;
  test: Experiment | null;
  warnings: readonly string[];
  /** Above the form: what saving means, or why it was refused. */
  children?: ReactNode;
}

/** Form and preview side by side; on narrow screens as two tabs. */
export function EditorForm({ edited, test, warnings, children }: EditorFormProps) {
  const store = useStore();
  const { editing } = edited;
  const { draft } = editing;
  const configs = useQuery(pageConfigsQuery(store.store_id));
  const pages = useMemo(() => configs.data?.data ?? [], [configs.data]);
  const [view, setView] = useChoice<"form" | "preview">("view", ["form", "preview"], "form");
  const [asked, setAsked] = useState<string | null>(null);
  const page = pages.find((one) => placeOf(one) === asked) ?? pageOf(pages, draft);
  return (
    <EditingContext value={editing}>
      {children}
      <div className="border-b border-line px-4 py-1.5 xl:hidden">
        <Segmented
          label="Form or preview"
          value={view}
          choices={[
            ["form", "Form"],
            ["preview", "Preview"],
          ]}
          onChoose={setView}
        />
      </div>
      <div className="grid min-w-0 flex-1 xl:grid-cols-[minmax(0,30rem)_minmax(0,1fr)]">
        <div className={`min-w-0 border-line xl:border-r ${view === "preview" ? "max-xl:hidden" : ""}`}>
          <About />
          <Variants />
          <Audience pageTypes={[...new Set(pages.map((one) => one.page_type))]} />
          <Metrics />
          <Planning />
          <Slots base={page?.slots ?? []} warnings={warnings} />
          <Rules />
        </div>
        <div className={`min-w-0 ${view === "form" ? "max-xl:hidden" : ""}`}>
          <div className="xl:sticky xl:top-12 xl:max-h-[calc(100dvh-3rem)] xl:overflow-auto">
            {configs.isError && <p className="px-4 py-2 text-warn">The pages of the store could not be read: slots are drawn without them.</p>}
            {configs.isPending ? <div role="status" aria-label="Loading" className="min-h-96 bg-canvas" /> : <Preview pages={pages} page={page} onPage={setAsked} test={test} />}
          </div>
        </div>
      </div>
    </EditingContext>
  );
}

/** The page that the test most likely applies to. */
function pageOf(pages: readonly PageConfig[], draft: Draft): PageConfig | null {
  const types = listOf(draft.page_types);
  const slugs = listOf(draft.slugs);
  const fitting = pages.filter((one) => (types.length === 0 || types.includes(one.page_type)) && (slugs.length === 0 || one.slug === "*" || slugs.includes(one.slug)));
  const touched = new Set(draft.variants.flatMap((one) => Object.keys(one.overrides)));
  const touches = (one: PageConfig) => one.slots.filter((slot) => touched.has(slot.slot_id)).length;
  return [...fitting].sort((a, b) => touches(b) - touches(a))[0] ?? null;
}

function About() {
  const { draft, patch } = useEditing();
  return (
    <section aria-label="About" className="flex flex-col gap-3 border-b border-line px-4 py-4">
      <TextField field="name" label="Name" value={draft.name} placeholder="Green button" onChange={(name) => patch({ name })} />
      <TextField field="description" label="What it is about" value={draft.description} onChange={(description) => patch({ description })} />
      <TextField field="priority" label="Priority" value={draft.priority} hint="Where tests change one property of a page, the greater one wins." onChange={(priority) => patch({ priority })} />
    </section>
  );
}

function Rules() {
  const { draft, patch, faults } = useEditing();
  const isWrong = ["alpha", "window_hours", "pre_days", "n_star"].some((one) => faults[one]);
  return (
    <details open={isWrong || undefined} className="border-t border-line px-4 py-4">
      <summary className="min-h-6 font-semibold">Rules of the phase</summary>
      <div className="mt-2 grid gap-3 md:grid-cols-2">
        <TextField field="alpha" label="Share of false winners" value={draft.alpha} hint="0.05: one false winner in 20 tests" onChange={(alpha) => patch({ alpha })} />
        <TextField field="window_hours" label="Window" value={draft.window_hours} unit="h" hint="how long after the first look events count" onChange={(window_hours) => patch({ window_hours })} />
        <TextField field="pre_days" label="Days before" value={draft.pre_days} hint="that are compared with" onChange={(pre_days) => patch({ pre_days })} />
        <TextField field="n_star" label="Planned visitors" value={draft.n_star} placeholder="by the traffic" hint="of control and one variant" onChange={(n_star) => patch({ n_star })} />
      </div>
    </details>
  );
}

interface FaultSummaryProps {
  edited: EditedDraft;
  isTried: boolean;
}

/** The number of faults, and a link to the first. */
export function FaultSummary({ edited, isTried }: FaultSummaryProps) {
  const { faults, draft, choose } = edited.editing;
  const [, change] = usePageSearch();
  const fields = Object.keys(faults);
  if (!isTried || fields.length === 0) return null;
  const go = () => {
    const hidden = fields.map((one) => /^variants\.(\d+)\.(slot|page|payload)/.exec(one)?.[1]);
    const variant = hidden.every((one) => one !== undefined) ? draft.variants[Number(hidden[0])] : undefined;
    if (variant) choose(variant.key);
    change({ view: null }, { replace: true });
    setTimeout(() => {
      const found = document.querySelector<HTMLElement>("main [aria-invalid=true]") ?? document.querySelector<HTMLElement>("main [data-fault]");
      found?.scrollIntoView({ block: "center" });
      found?.focus({ preventScroll: true });
    });
  };
  return (
    <div role="alert" className="flex flex-wrap items-baseline gap-x-3 border-b border-line bg-bad-soft px-4 py-2">
      <p className="min-w-0 break-words">
        <strong className="font-semibold text-bad">Not saved.</strong> {fields.length === 1 ? "One field is not right: " : `${fields.length} fields are not right: `}
        {fields.slice(0, 4).map((one) => readable(one)).join(", ")}
        {fields.length > 4 && ", …"}
      </p>
      <button type="button" className="font-medium text-accent underline" onClick={go}>
        Go to the first
      </button>
    </div>
  );
}

/** Asks for confirmation before unsaved changes are lost. */
export function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Confirm open onOpenChange={(open) => !open && blocker.reset()} title="Leave without saving?" act="Leave" onConfirm={() => blocker.proceed()}>
      What you have written since the last save is lost.
    </Confirm>
  );
}
