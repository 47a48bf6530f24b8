/** What happens behind the shop: each event from the click to its row, and what it adds up to. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { type Journey, type JourneyEvent, journey } from "../backend";
import { type Sending, allSendings, subscribe } from "./sendings";

const EVERY_MS = 1500;
const EMPTY: Journey = { events: [], figures: [] };

function useJourney(): { known: Journey; failed: boolean } {
  const [known, setKnown] = useState(EMPTY);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const ask = async (): Promise<void> => {
      try {
        const answer = await journey();
        if (ended) return;
        setKnown(answer);
        setFailed(false);
      } catch {
        setFailed(true);
      }
      if (!ended) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);
  return { known, failed };
}

export function Panel({ onClose }: { onClose(): void }) {
  const { known, failed } = useJourney();
  const sendings = useSyncExternalStore(subscribe, allSendings);
  const [tab, setTab] = useState<"events" | "figures">("events");
  const entries = entriesOf(sendings, known.events);
  return (
    <aside className="panel" aria-label="Behind the scenes" data-sp-ignore>
      <header>
        <h2>Behind the scenes</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the panel"
          onClick={onClose}
        >
          ×
        </button>
      </header>
      <div className="tabs" role="tablist">
        <Tab name="events" label={`Events ${entries.length}`} tab={tab} onPick={setTab} />
        <Tab name="figures" label="Figures" tab={tab} onPick={setTab} />
      </div>
      {failed && <p className="panel-note">The shop's server does not answer.</p>}
      {tab === "events" ? (
        <ol className="events">
          {entries.length === 0 && <li className="panel-note">Nothing yet. Look around.</li>}
          {entries.map((entry) => (
            <EventEntry entry={entry} key={entry.id} />
          ))}
        </ol>
      ) : (
        <dl className="figures">
          {known.figures.map((figure) => (
            <div key={figure.name} data-figure={figure.api}>
              <dt>{figure.name}</dt>
              <dd>{figure.value}</dd>
              <code>{figure.api}</code>
            </div>
          ))}
        </dl>
      )}
    </aside>
  );
}

function Tab(props: {
  name: "events" | "figures";
  label: string;
  tab: string;
  onPick(name: "events" | "figures"): void;
}) {
  return (
    <button
      type="button"
      role="tab"
      aria-selected={props.tab === props.name}
      onClick={() => props.onPick(props.name)}
    >
      {props.label}
    </button>
  );
}

/** An event as the panel shows it: what is known of it here, and what is known of it there. */
interface Entry {
  id: string;
  type: string;
  at: number;
  sending?: Sending;
  stored?: JourneyEvent;
}

/** Joins what the page sent with what the tables hold; the newest first. */
export function entriesOf(
  sendings: readonly Sending[],
  stored: readonly JourneyEvent[],
): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const sending of sendings) {
    entries.set(sending.id, { id: sending.id, type: sending.type, at: sending.at, sending });
  }
  for (const event of stored) {
    const id = idOf(event);
    const known = entries.get(id);
    const at = known?.at ?? Date.parse(event.occurred_at);
    const entry: Entry = { id, type: event.type, at, stored: event };
    entries.set(id, known?.sending ? { ...entry, sending: known.sending } : entry);
  }
  return [...entries.values()].sort((one, two) => two.at - one.at).slice(0, 200);
}

/** The id under which the page sent an event: that of a purchase is its order's. */
function idOf(event: JourneyEvent): string {
  const order = event.row?.order_id;
  const isOrders = event.stream === "activity" && event.type === "purchase" && order;
  return isOrders ? `purchase:${order}` : event.event_id;
}

function EventEntry({ entry: { type, at, sending, stored } }: { entry: Entry }) {
  const [open, setOpen] = useState(false);
  const isAccepted = stored !== undefined || (sending?.status ?? 0) === 202;
  const isRefused = (sending?.status ?? 0) >= 400;
  return (
    <li className={stored?.row ? "entry done" : isRefused ? "entry refused" : "entry"}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
        <strong>{type}</strong>
        <span className="stream">{stored?.stream ?? sending?.stream ?? ""}</span>
        <span className="summary-text">{stored?.summary ?? ""}</span>
        <span className="steps">
          <Step done label={stored?.sent_by === "server" ? "server" : "click"} />
          <Step done={isAccepted} label={isRefused ? `${sending?.status}` : "accepted"} />
          {/* Of a heatmap no event is kept as a row: it is counted in its cell. */}
          {sending?.stream !== "heatmap" && <Step done={Boolean(stored?.row)} label="row" />}
        </span>
      </button>
      {open && <pre>{JSON.stringify(stored?.row ?? sending ?? {}, null, 2)}</pre>}
    </li>
  );
}

function Step({ done, label }: { done: boolean; label: string }) {
  return <span className={done ? "step done" : "step"}>{label}</span>;
}
