import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Check, FlaskConical, Minus, X } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { faultText } from "~/api/errors";
import { readable } from "~/format/text";
import { formatDuration, formatSeconds } from "~/format/time";
import { Button } from "~/parts/button";
import { Segmented } from "~/parts/segmented";
import { useKeys } from "~/shell/keys";
import { bytesOf, rowsOf, wireOf } from "./bytes";
import { type DiffLine, diffOf, diffSentence, linesOfPair } from "./diff";
import { GroupRehearsal } from "./group_rehearsal";
import { parsePatch, suggestedPatch } from "./patch";
import { type Detail, type Replayed, rehearsalQuery } from "./queries";
import { HexTable, NoEvent } from "./source_tabs";

const PAUSE = 400;
type View = "diff" | "before" | "after";
const VIEWS = [["diff", "Diff"], ["before", "Before"], ["after", "After"]] as const;

interface RepairProps {
  detail: Detail;
  text: string;
  onText: (text: string) => void;
  zone: string;
}

/** The patch, the patched event, and whether that could be replayed. */
export function Repair({ detail, text, onText, zone }: RepairProps) {
  const paused = usePaused(text);
  const parsed = parsePatch(paused);
  const typed = parsePatch(text);
  const isClosed = detail.status !== "open";
  const rehearsal = useQuery(rehearsalQuery(detail.id, parsed.patch, parsed.fault === null && !isClosed));
  useKeys({ "Shift+r": () => void rehearsal.refetch() });
  const told = rehearsal.data?.result;
  const after = told?.rehearsed[0]?.event ?? null;
  const isBehind = typed.fault !== null || text !== paused || rehearsal.isFetching;
  return (
    <div className="grid gap-x-5 gap-y-4 2xl:grid-cols-[minmax(0,1fr)_18rem]">
      <div className="flex min-w-0 flex-col gap-4">
        {detail.event ? <Change before={detail.event} after={parsed.patch ? after : detail.event} isBehind={isBehind} /> : <NoEvent detail={detail} />}
        <PatchField detail={detail} text={text} onText={onText} fault={typed.fault} />
        <ShortBytes detail={detail} />
      </div>
      <aside aria-label="Dry run" className="self-start rounded-panel border border-line 2xl:order-last">
        <h3 className="flex items-center gap-2 border-b border-line px-3 py-2">
          <FlaskConical aria-hidden="true" size={15} className="text-ink3" />
          <span className="font-semibold">Dry run</span>
          {rehearsal.data && (
            <span className="ml-auto text-sm text-ink3">
              {formatSeconds(rehearsal.data.at, zone)}, {formatDuration(rehearsal.data.seconds)}
            </span>
          )}
        </h3>
        <div role="status" aria-label="What a replay would do">
          <ul className="flex flex-col gap-1.5 px-3 py-3">
            <Checks detail={detail} told={told} fault={typed.fault ?? faultOf(rehearsal.error)} hasPatch={parsed.patch !== null} />
          </ul>
        </div>
        {!isClosed && <GroupRehearsal detail={detail} patch={parsed.patch} isReady={typed.fault === null && text === paused} />}
      </aside>
    </div>
  );
}

function faultOf(error: unknown): string | null {
  return error ? faultText(error) : null;
}

function Change({ before, after, isBehind }: { before: Record<string, unknown>; after: Record<string, unknown> | null; isBehind: boolean }) {
  const [view, setView] = useState<View>("diff");
  const [old, next] = linesOfPair(before, after ?? before);
  const lines = diffOf(old, next);
  const shown: DiffLine[] = view === "diff" ? lines : (view === "before" ? old : next).map((text, place) => ({ sign: " ", number: place + 1, text }));
  return (
    <section aria-label="The event, before and after the patch" aria-busy={isBehind || undefined}>
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-ink2">The event, before and after the patch</h3>
        <Segmented label="What is shown" value={view} choices={VIEWS} onChoose={setView} />
      </div>
      <p className="sr-only" role="status">
        {diffSentence(lines)}
      </p>
      <pre tabIndex={0} role="region" aria-label="Event" data-diff className="relative max-h-[26rem] overflow-auto rounded-panel border border-line py-1.5 font-mono text-sm">
        {shown.map((line, place) => (
          <Line key={place} line={line} />
        ))}
      </pre>
    </section>
  );
}

function Line({ line }: { line: DiffLine }) {
  const tone = line.sign === "−" ? "bg-bad-soft" : line.sign === "+" ? "bg-ok-soft" : "";
  const word = line.sign === "−" ? "taken out: " : line.sign === "+" ? "put in: " : "";
  return (
    <span data-sign={line.sign.trim() || undefined} className={`grid grid-cols-[2.5rem_1.25rem_minmax(0,1fr)] ${tone}`}>
      <span aria-hidden="true" className="pr-2 text-right text-ink3">
        {line.number}
      </span>
      <span aria-hidden="true" className={line.sign === "−" ? "text-bad" : line.sign === "+" ? "text-ok" : ""}>
        {line.sign}
      </span>
      <span className="pr-3 break-words whitespace-pre-wrap">
        {word && <span className="sr-only">{word}</span>}
        <bdi>{readable(line.text)}</bdi>
      </span>
    </span>
  );
}

function PatchField({ detail, text, onText, fault }: { detail: Detail; text: string; onText: (text: string) => void; fault: string | null }) {
  const id = useId();
  const suggestion = suggestedPatch(detail.event, detail.field);
  const isOff = detail.event === null || detail.status !== "open";
  return (
    <div>
      <div className="mb-1 flex flex-wrap items-center gap-x-2">
        <label htmlFor={id} className="font-medium">
          Patch
        </label>
        <span className="text-sm text-ink3">RFC 6902 · the identity of an event cannot be changed</span>
        {suggestion && !text && !isOff && (
          <Button size="small" look="ghost" className="ml-auto" onClick={() => onText(suggestion)}>
            Begin with {readable(detail.field)}
          </Button>
        )}
      </div>
      <textarea
        id={id}
        value={text}
        readOnly={isOff}
        spellCheck={false}
        rows={Math.min(12, Math.max(2, text.split("\n").length + 1))}
        placeholder={isOff ? "There is nothing to patch." : '[{"op": "replace", "path": "/field", "value": null}]'}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onChange={(event) => onText(event.target.value)}
        className="block w-full rounded-panel border border-edge bg-surface p-3 font-mono text-sm placeholder:text-ink3 aria-invalid:border-bad"
      />
      {fault && (
        <p id={`${id}-fault`} className="mt-1 text-sm text-bad">
          {fault}
        </p>
      )}
    </div>
  );
}

/** The first bytes, for reference during a repair. */
function ShortBytes({ detail }: { detail: Detail }) {
  if (!detail.raw?.value) return null;
  const bytes = bytesOf(detail.raw.value);
  return (
    <section aria-label="Raw bytes">
      <h3 className="mb-1">
        <span className="font-medium">Raw bytes</span> <span className="text-sm text-ink3">unchanged · {wireOf(bytes)}</span>
      </h3>
      <HexTable name="First bytes" rows={rowsOf(bytes).slice(0, 4)} isWire={bytes[0] === 0} />
    </section>
  );
}

interface ChecksProps {
  detail: Detail;
  told: Replayed | undefined;
  fault: string | null;
  hasPatch: boolean;
}

function Checks({ detail, told, fault, hasPatch }: ChecksProps) {
  if (detail.status !== "open") return <Item kind="to">It is {detail.status === "reprocessing" ? "being replayed" : detail.status}: there is nothing to try.</Item>;
  if (fault) return <Item kind="bad">{fault}</Item>;
  if (!told) return <Item kind="none">trying</Item>;
  const refusal = told.refused[detail.id] ?? told.skipped[detail.id];
  const used = `${detail.replays} of ${detail.max_replays} replays used`;
  if (refusal) {
    return (
      <>
        <Item kind="bad">
          <bdi>{readable(refusal)}</bdi>
        </Item>
        <Item kind={detail.quarantined ? "bad" : "ok"}>{used}</Item>
      </>
    );
  }
  const rehearsed = told.rehearsed[0];
  return (
    <>
      {hasPatch && <Item kind="ok">The patch fits</Item>}
      {rehearsed?.event ? <Item kind="ok">Valid against {readable(detail.stream)}</Item> : <Item kind="none">No event that could be checked: its bytes go as they are</Item>}
      <Item kind="ok">May be replayed: {used}</Item>
      <Item kind="to">To {readable(rehearsed?.goes_to ?? "where it came from")}, same event id</Item>
      <Item kind="to">The database is not tried</Item>
    </>
  );
}

const ICONS = { ok: Check, bad: X, to: ArrowRight, none: Minus };
const TONES = { ok: "text-ok", bad: "text-bad", to: "text-ink3", none: "text-ink3" };
const NAMES = { ok: "Fine: ", bad: "Not possible: ", to: "", none: "" };

export function Item({ kind, children }: { kind: keyof typeof ICONS; children: ReactNode }) {
  const Icon = ICONS[kind];
  return (
    <li data-check={kind} className="flex gap-2">
      <Icon aria-hidden="true" size={15} className={`mt-0.5 shrink-0 ${TONES[kind]}`} />
      <span className="min-w-0 break-words">
        <span className="sr-only">{NAMES[kind]}</span>
        {children}
      </span>
    </li>
  );
}

/** The text, updated after typing pauses. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
