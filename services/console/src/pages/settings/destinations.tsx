import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Foreign, readable } from "~/format/text";
import { Badge, Dot, type Tone } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { sharedOf, usePageSearch, useWanted } from "~/state/search";
import { useStores } from "~/state/store";
import { AddDestination } from "./add_destination";
import { EndSecrets, RemoveDestination, RotateSecret } from "./destination_acts";
import { outcomeOf, useStatusChange, useTrial } from "../delivery/status";
import { type Destination, destinationsQuery } from "./queries";
import { Section } from "./section";
import { ShownOnce } from "./shown_once";

type Asked = { kind: "add" } | { kind: "rotate" | "end" | "remove"; one: Destination };

export function Destinations() {
  const query = useQuery(destinationsQuery);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  const [isWanted, forget] = useWanted("add-destination");
  const close = () => {
    setAsked(null);
    forget();
  };
  const onMade = (name: string, secret: string | null) => {
    close();
    if (secret) setMade({ name, secret });
  };
  return (
    <Section
      title="Destinations"
      text="Where events are sent. Each event is stored for each of them before anything is sent, so an outage loses none."
      action={
        <Button look="primary" icon={<Plus aria-hidden="true" size={14} />} onClick={() => setAsked({ kind: "add" })}>
          New destination
        </Button>
      }
    >
      {made && (
        <div className="mb-3">
          <ShownOnce what={`the secret of ${made.name}`} secret={made.secret} onDone={() => setMade(null)} />
        </div>
      )}
      <Read query={query} what="the destinations">
        {(list) =>
          list.length === 0 ? (
            <Empty title="There is no destination yet">One that is added gets the events that come in from then on.</Empty>
          ) : (
            <ul aria-label="Destinations" className="rounded-panel border border-line">
              {list.map((one) => (
                <Row key={one.destination_id} one={one} ask={setAsked} />
              ))}
            </ul>
          )
        }
      </Read>
      {(asked?.kind === "add" || isWanted) && <AddDestination onClose={close} onMade={onMade} />}
      {asked?.kind === "rotate" && <RotateSecret one={asked.one} onClose={close} onMade={onMade} />}
      {asked?.kind === "end" && <EndSecrets one={asked.one} onClose={close} />}
      {asked?.kind === "remove" && <RemoveDestination one={asked.one} onClose={close} />}
    </Section>
  );
}

export function stateOf(one: Destination): { tone: Tone; text: string } {
  if (one.status !== "active") return { tone: "neutral", text: one.status };
  if (one.breaker !== "closed") return { tone: "bad", text: `active, breaker ${one.breaker === "open" ? "open" : "half open"}` };
  if (one.account_fault) return { tone: "warn", text: "active, refuses our account" };
  return { tone: "ok", text: "active" };
}

/** What it receives, in words: "activity, cart · consent: marketing · Aurora". */
export function getsOf(one: Destination, storeName: string | undefined): string {
  const parts = [
    one.streams.join(", ") || "every stream",
    one.types.length > 0 && `types ${one.types.join(", ")}`,
    one.consent.length > 0 && `consent: ${one.consent.join(", ")}`,
    one.include_bots && "bots too",
    one.store_id === null ? "every store" : (storeName ?? one.store_id),
  ];
  return parts.filter(Boolean).join(" · ");
}

function Row({ one, ask }: { one: Destination; ask: (asked: Asked) => void }) {
  const [search] = usePageSearch();
  const store = useStores().find(({ store_id }) => store_id === one.store_id);
  const change = useStatusChange(one.name);
  const trial = useTrial(one.name);
  const { tone, text } = stateOf(one);
  const address = [one.config.url, one.config.measurement_id, one.config.pixel_id, one.config.account_id, one.config.folder].find((part) => typeof part === "string") as string | undefined;
  const signing = one.secret_ends.signing ?? [];
  const isActive = one.status === "active";
  const outcome = outcomeOf(change, trial);
  return (
    <li data-destination={one.name} className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link to="/delivery" search={{ ...sharedOf(search), row: one.name } as never} className="font-medium text-accent hover:underline">
          {one.name}
        </Link>
        <Badge>{one.kind}</Badge>
        <span className="flex items-center gap-2" data-state>
          <Dot tone={tone} />
          {text}
        </span>
        {signing.length > 1 && <Badge tone="warn">{`${signing.length} secrets valid`}</Badge>}
      </div>
      <p className="min-w-0 text-sm text-ink2">
        <Foreign none="" cut={false}>
          {address}
        </Foreign>
        {address && " · "}
        <bdi>{readable(getsOf(one, store?.name))}</bdi>
      </p>
      {one.status_reason && (
        <p className="text-sm text-warn">
          <Foreign cut={false}>{one.status_reason}</Foreign>
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button size="small" busy={trial.isPending} onClick={() => trial.mutate()} aria-label={`Send a test event to ${one.name}`}>
          Send a test event
        </Button>
        <Button size="small" busy={change.isPending} onClick={() => change.mutate(isActive ? "paused" : "active")} aria-label={`${isActive ? "Pause" : "Resume"} ${one.name}`}>
          {isActive ? "Pause" : "Resume"}
        </Button>
        {one.kind !== "image_archive" && (
          <Button size="small" onClick={() => ask({ kind: "rotate", one })} aria-label={`${rotateText(one)} of ${one.name}…`}>
            {`${rotateText(one)}…`}
          </Button>
        )}
        {signing.length > 1 && (
          <Button size="small" onClick={() => ask({ kind: "end", one })} aria-label={`End the old secrets of ${one.name}…`}>
            End old secrets…
          </Button>
        )}
        <Button size="small" look="danger" onClick={() => ask({ kind: "remove", one })} aria-label={`Remove ${one.name}…`}>
          Remove…
        </Button>
      </div>
      <p role="status" className={`text-sm break-words ${outcome.isBad ? "text-bad" : "text-ink2"}`}>
        {outcome.text}
      </p>
    </li>
  );
}

function rotateText(one: Destination): string {
  return one.kind === "webhook" ? "Rotate secret" : "Replace secret";
}
