import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { formatBytes, formatCount } from "~/format/numbers";
import { Foreign, readable } from "~/format/text";
import { formatMoment, formatSeconds, zoneName } from "~/format/time";
import { Badge, type Tone } from "~/parts/badge";
import { IconButton } from "~/parts/button";
import { Read } from "~/parts/read";
import { copyAndTell } from "~/parts/copy";
import { JsonText } from "~/pages/live/source";
import { useChoice } from "~/state/search";
import { LetterActs } from "./letter_acts";
import { type Detail, letterQuery } from "./queries";
import { Repair } from "./repair";
import { Headers, NoEvent, RawBytes, Trail, sizeOf } from "./source_tabs";
import { LetterTime } from "./groups";

const TABS = ["repair", "event", "raw", "headers", "trail"] as const;
const TONES: Record<Detail["status"], Tone> = { open: "bad", reprocessing: "accent", resolved: "ok", discarded: "neutral" };
const WORDS: Record<Detail["status"], string> = { open: "open", reprocessing: "under way", resolved: "resolved", discarded: "discarded" };

interface LetterProps {
  id: string;
  zone: string;
  /** Links to the letters before and after it in the list. */
  nearby?: ReactNode;
}

/** One dead letter: its reason, its event and its repair. */
export function LetterView({ id, ...rest }: LetterProps) {
  const query = useQuery(letterQuery(id));
  return (
    <Read query={query} what="this letter">
      {(detail) => <Loaded key={detail.id} detail={detail} {...rest} />}
    </Read>
  );
}

/** Patches in progress, by group, because the next letter of a group often needs the same one. */
const begun = new Map<string, string>();

function Loaded({ detail, zone, nearby }: { detail: Detail } & Omit<LetterProps, "id">) {
  const [tab, setTab] = useChoice("tab", TABS, "repair");
  const group = `${detail.stream} ${detail.stage} ${detail.reason}`;
  const [patch, setPatch] = useState(begun.get(group) ?? "");
  const change = (text: string) => {
    begun.set(group, text);
    setPatch(text);
  };
  const names: [string, string, string][] = [
    ["repair", "Repair", ""],
    ["event", "Event", ""],
    ["raw", "Raw bytes", formatBytes(sizeOf(detail))],
    ["headers", "Headers", formatCount(detail.headers.length)],
    ["trail", "Trail", formatCount(detail.trail.length)],
  ];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Head detail={detail} zone={zone} nearby={nearby} />
      <Tabs.Root value={tab} onValueChange={(next) => setTab(next as (typeof TABS)[number])} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label="Parts of the letter" className="flex shrink-0 gap-1 overflow-x-auto border-b border-line px-4">
          {names.map(([value, name, aside]) => (
            <Tabs.Trigger
              key={value}
              value={value}
              className="relative flex h-11 shrink-0 items-center gap-1.5 px-2 font-medium text-ink2 hover:text-ink focus-visible:outline-offset-[-2px] data-[state=active]:text-ink data-[state=active]:after:absolute data-[state=active]:after:inset-x-0 data-[state=active]:after:bottom-0 data-[state=active]:after:h-0.5 data-[state=active]:after:bg-accent"
            >
              {name}
              {aside && <span className="font-normal text-ink3">{aside}</span>}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <div className="min-h-0 flex-1 overflow-auto xl:relative">
          <Panel value="repair">
            <Repair detail={detail} text={patch} onText={change} zone={zone} />
          </Panel>
          <Panel value="event">
            {detail.event ? <JsonText value={detail.event} field={detail.field || null} /> : <NoEvent detail={detail} />}
          </Panel>
          <Panel value="raw">
            <RawBytes detail={detail} />
          </Panel>
          <Panel value="headers">
            <Headers detail={detail} />
          </Panel>
          <Panel value="trail">
            <Trail detail={detail} zone={zone} />
          </Panel>
        </div>
      </Tabs.Root>
      <LetterActs detail={detail} patch={patch} />
    </div>
  );
}

function Panel({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Tabs.Content value={value} className="p-4 focus-visible:outline-offset-[-2px]">
      {children}
    </Tabs.Content>
  );
}

function Head({ detail, zone, nearby }: { detail: Detail; zone: string; nearby?: ReactNode }) {
  const type = detail.event?.activity_type ?? detail.event?.event_type ?? detail.stream;
  return (
    <header className="shrink-0 px-4 pt-3 pb-1">
      <div className="flex min-h-8 flex-wrap items-center gap-2">
        <Badge tone={detail.quarantined ? "warn" : TONES[detail.status]}>{detail.quarantined ? "quarantined" : WORDS[detail.status]}</Badge>
        <h2 className="min-w-0 font-semibold">
          <Foreign>{String(type)}</Foreign>
        </h2>
        <span className="min-w-0 truncate font-mono text-sm text-ink2" title={detail.id}>
          {detail.id}
        </span>
        <CopyId id={detail.id} />
        <span className="ml-auto flex gap-1">{nearby}</span>
      </div>
      <p className="mt-1 break-words">
        <strong className="font-semibold">
          {detail.field && <bdi className="font-mono">{readable(detail.field)}</bdi>}
          {detail.field ? ": " : ""}
          <bdi>{readable(detail.reason)}.</bdi>
        </strong>{" "}
        <bdi className="text-ink2">{readable(detail.message)}</bdi>
      </p>
      <p className="mt-1 text-sm break-words text-ink3">
        {readable(detail.source.topic)} / {detail.source.partition} / {formatCount(detail.source.offset)}
        {" · died "}
        <LetterTime at={detail.created_at} zone={zone} /> {zoneName(zone)}
        {detail.received_at && ` · first came ${formatSeconds(detail.received_at, zone)}`}
        {` · ${detail.replays ? `replayed ${formatCount(detail.replays)}×` : "never replayed"} · code ${readable(detail.code_version)}`}
      </p>
      {detail.origin && (
        <p className="mt-1 text-sm text-ink3">
          Left there by {readable(detail.origin.tool ?? "another tool")}
          {detail.origin.topic && `, from ${readable(detail.origin.topic)} / ${detail.origin.partition ?? "–"} / ${formatCount(detail.origin.offset)}`}
        </p>
      )}
      {detail.status === "reprocessing" && (
        <p role="status" className="mt-1 text-accent">
          A replay has it since {formatMoment(detail.updated_at, zone)}. What comes of it shows here by itself.
        </p>
      )}
    </header>
  );
}

function CopyId({ id }: { id: string }) {
  const copy = () => copyAndTell(id, "Id copied");
  return <IconButton size="small" name="Copy the letter’s id" icon={<Copy aria-hidden="true" size={13} />} onClick={() => void copy()} />;
}
