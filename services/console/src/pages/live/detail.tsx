import { useQuery } from "@tanstack/react-query";
import { Check, CircleDashed, Copy, X } from "lucide-react";
import type { ReactNode } from "react";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";
import { formatBytes, formatCount } from "~/format/numbers";
import { Foreign, readable } from "~/format/text";
import { formatDuration, formatSeconds } from "~/format/time";
import { Badge, Dot, type Tone } from "~/parts/badge";
import { Button, IconButton } from "~/parts/button";
import { Read } from "~/parts/read";
import { copyAndTell } from "~/parts/copy";
import { Hex, JsonText } from "./source";
import { STAGES } from "./stage_track";
import type { Stage } from "./model";

export type Detail = components["schemas"]["LiveEventDetail"];

export const TONES: Record<Stage, Tone> = {
  accepted: "accent",
  applied: "ok",
  duplicate: "neutral",
  rejected: "bad",
  dead: "bad",
  unknown: "neutral",
};

export function useDetail(id: string) {
  return useQuery({
    queryKey: ["live", id],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/live/{live_id}", { params: { path: { live_id: id } }, signal })).data,
    placeholderData: undefined,
    // Poll an event in flight until its outcome is known.
    refetchInterval: (query) => (query.state.data?.event.stage === "accepted" ? 1500 : false),
  });
}

interface EventDetailProps {
  id: string;
  zone: string;
  /** How many rows of the list have the same fault, and how to show them. */
  alike?: { count: number; stream: string; show: () => void };
}

/** All data about one event, from the beacon to the stored event. */
export function EventDetail({ id, zone, alike }: EventDetailProps) {
  const query = useDetail(id);
  return (
    <Read query={query} what="this event">
      {(detail) => (
        <>
          {detail.event.field !== null || detail.event.wish !== null ? <WhyBad detail={detail} alike={alike} /> : null}
          <RawStep detail={detail} />
          <ValidatedStep detail={detail} />
          <AppliedStep detail={detail} />
          <Session detail={detail} zone={zone} />
          <Origin detail={detail} />
        </>
      )}
    </Read>
  );
}

export function DetailHead({ id, zone }: { id: string; zone: string }) {
  const { data } = useDetail(id);
  if (!data) return <span className="text-ink3">Event</span>;
  const { event } = data;
  return (
    <>
      <Badge tone={TONES[event.stage]}>{STAGES[event.stage]}</Badge>
      <h2 className="min-w-0 flex-1 font-semibold">
        <Foreign>{event.type || event.stream}</Foreign>
      </h2>
      <span className="text-sm whitespace-nowrap text-ink3">{formatSeconds(event.received_at, zone, 3)}</span>
    </>
  );
}

function WhyBad({ detail, alike }: { detail: Detail; alike?: EventDetailProps["alike"] }) {
  const { event } = detail;
  const isRefused = event.stage === "rejected";
  return (
    <section aria-label="Why" className="border-b border-line bg-bad-soft px-4 py-3">
      <p className="text-md break-words">
        {event.field && (
          <bdi className="font-mono text-base font-medium text-bad">
            {readable(event.field)}
            {event.value !== null && ` is ${readable(event.value)}`}.{" "}
          </bdi>
        )}
        <bdi>{readable(sentence(event.wish ?? ""))}</bdi>
      </p>
      <p className="mt-1 text-ink2">
        {isRefused ? "The sender was told so. Nothing of it was stored." : `It is kept as a dead letter${detail.dead_letter ? `, ${detail.dead_letter.status}` : ""}: nothing is lost.`}
      </p>
      {alike && alike.count > 1 && (
        <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="text-ink2">{formatCount(alike.count)} of the events here have the same fault.</span>
          <Button size="small" onClick={alike.show}>
            Show what is rejected of {readable(alike.stream)}
          </Button>
        </div>
      )}
    </section>
  );
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return first === "" || /[.!?]$/.test(first) ? first : `${first}.`;
}

function Step({ icon, name, children, aside }: { icon: ReactNode; name: string; aside: ReactNode; children?: ReactNode }) {
  return (
    <section aria-label={name} className="border-b border-line px-4 py-2.5">
      <h3 className="flex items-start gap-2">
        {icon}
        <span className="shrink-0 font-semibold">{name}</span>
        <span className="min-w-0 text-ink2">{aside}</span>
      </h3>
      {children}
    </section>
  );
}

const DONE = <Check aria-hidden="true" size={18} className="shrink-0 rounded-full bg-ok-soft p-0.5 text-ok" />;
const STOPPED = <X aria-hidden="true" size={18} className="shrink-0 rounded-full bg-bad-dot p-0.5 text-surface" />;
const OPEN = <CircleDashed aria-hidden="true" size={18} className="shrink-0 text-ink3" />;

function RawStep({ detail }: { detail: Detail }) {
  const { raw, event } = detail;
  const size = formatBytes(raw.bytes);
  const isRefused = event.stage === "rejected";
  return (
    <Step icon={DONE} name="Raw" aside={isRefused ? `as it came, ${size}` : `as Kafka has it, ${size}`}>
      {raw.text !== null ? <JsonText text={raw.text} field={event.field} /> : raw.hex !== null && <Hex hex={raw.hex} />}
      {raw.cut && <p className="mt-1 text-sm text-ink3">The rest is not {isRefused ? "kept" : "shown"}.</p>}
      {!isRefused && <p className="mt-1 text-sm text-ink3">The sender’s own JSON is not kept of events that were taken.</p>}
    </Step>
  );
}

function ValidatedStep({ detail }: { detail: Detail }) {
  const { event, validated } = detail;
  if (event.stage === "rejected") {
    return <Step icon={STOPPED} name="Validated" aside={<bdi className="text-bad">{readable(`stopped here: ${event.field ?? ""} ${event.wish ?? ""}`)}</bdi>} />;
  }
  const after = event.accepted_ms === null ? "" : `in Kafka after ${formatDuration(event.accepted_ms / 1000)}`;
  if (validated === null) return <Step icon={STOPPED} name="Validated" aside="it does not decode" />;
  return (
    <Step icon={DONE} name="Validated" aside={after}>
      <JsonText value={stated(validated)} field={null} />
    </Step>
  );
}

/** Leaves out empty fields, which would take most of the space. */
function stated(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

const NOT_APPLIED: Partial<Record<Stage, string>> = {
  accepted: "on its way",
  rejected: "never reached",
  dead: "set aside as a dead letter",
  duplicate: "stored before: no effect",
  unknown: "not followed",
};

function AppliedStep({ detail }: { detail: Detail }) {
  const { event, applied } = detail;
  const reason = NOT_APPLIED[event.stage];
  if (reason && event.stage !== "duplicate") return <Step icon={event.stage === "dead" ? STOPPED : OPEN} name="Applied" aside={reason} />;
  const after = event.applied_ms === null ? "" : `after ${formatDuration(event.applied_ms / 1000)}`;
  return (
    <Step icon={reason ? OPEN : DONE} name="Applied" aside={reason ?? after}>
      {applied !== null ? (
        <>
          {reason && <p className="mt-1 text-sm text-ink3">The row of the first one:</p>}
          <JsonText value={stated(applied)} field={null} />
        </>
      ) : (
        <p className="mt-1 text-sm text-ink3">{detail.has_rows ? "There is no row of it." : "This stream keeps figures alone, and no row for each event."}</p>
      )}
    </Step>
  );
}

function Session({ detail, zone }: { detail: Detail; zone: string }) {
  if (detail.session.length < 2) return null;
  return (
    <section aria-label="Same session, around it" className="border-b border-line px-4 py-3">
      <h3 className="mb-1.5 font-semibold">Same session, around it</h3>
      <ol className="grid gap-1">
        {detail.session.map((one, place) => (
          <li key={place} aria-current={one.this || undefined} className={`grid grid-cols-[auto_auto_minmax(6rem,auto)_minmax(0,1fr)] items-center gap-2 ${one.this ? "font-medium" : ""}`}>
            <Dot tone={TONES[one.stage]} />
            <span className="text-ink2">{formatSeconds(one.at, zone)}</span>
            <Foreign>{one.type || one.stream}</Foreign>
            <Foreign className="text-ink2">{one.what}</Foreign>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Origin({ detail }: { detail: Detail }) {
  const { event, validated, raw } = detail;
  const text = (name: string) => (typeof validated?.[name] === "string" ? (validated[name] as string) : null);
  const facts: [string, string | null][] = [
    ["Event", event.event_id],
    ["Session", event.session_id],
    ["Correlation", text("correlation_id") ?? raw.headers.correlation_id ?? null],
    ["Source", [text("source"), text("user_agent"), text("ip")].filter(Boolean).join(" · ") || null],
    ["Record", event.id],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 px-4 py-3">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink3">{name}</dt>
            <dd className="flex min-w-0 items-center gap-1">
              <Foreign className={name === "Source" ? "" : "font-mono text-sm"}>{value}</Foreign>
              {name !== "Source" && <CopyButton name={name} text={value!} />}
            </dd>
          </div>
        ))}
    </dl>
  );
}

function CopyButton({ name, text }: { name: string; text: string }) {
  const copy = () => copyAndTell(text, `${name} copied`);
  return <IconButton size="small" name={`Copy ${name.toLowerCase()}`} icon={<Copy aria-hidden="true" size={13} />} onClick={() => void copy()} className="!h-6 !w-6 pointer-coarse:!h-9 pointer-coarse:!w-9" />;
}
