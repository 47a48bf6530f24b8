/**
 * Sends what happens in tests: by the tracker's queue where its module for experiments is on the
 * page, else by requests of its own. A request's bytes are fixed once; it is tried again at no
 * answer, 408, 429 and 5xx. What is lost after that is told again by the next page: an exposure
 * counts once, however often it is told.
 */

import { newId } from "./visitor";

/** An event's own fields. */
export interface ExperimentEvent {
  event_type: "Exposure" | "Conversion" | "Metric";
  test_id: string;
  [field: string]: unknown;
}

/** What the tracker's module offers. */
interface Tracker {
  tell(eventType: string, testId: string, fields: object): void;
}

const WAITS_MS = [1_000, 4_000, 16_000];
/** Below the 64 KiB that a browser lets be on their way when a page ends. */
const KEEPALIVE_CHARACTERS = 20_000;

export interface Destination {
  address: string;
  fetch: typeof fetch;
}

/** The events of one moment travel together. */
export class Outbox {
  #events: object[] = [];

  constructor(private readonly destination: Destination) {}

  /** Sends an event by a request; `who`: the fields that say whose it is. */
  add(event: ExperimentEvent, who: object): void {
    const id = event.event_type === "Exposure" ? undefined : newId();
    this.#events.push({
      timestamp: Date.now(),
      ...event,
      ...who,
      source: "tracker",
      ...(id && { event_id: id }),
    });
    if (this.#events.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    let body: string;
    try {
      body = JSON.stringify(this.#events);
    } catch {
      return; // Somebody's own object, which has no text.
    } finally {
      this.#events = [];
    }
    whenShown(() => void this.#post(body));
  }

  async #post(body: string): Promise<void> {
    for (const wait of [...WAITS_MS, 0]) {
      const status = await this.#try(body);
      if (status && status !== 408 && status !== 429 && status < 500) return;
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  /** The answer's status; 0 for none. */
  async #try(body: string): Promise<number> {
    const { address, fetch } = this.destination;
    try {
      const answer = await fetch(address, {
        method: "POST",
        body,
        credentials: "omit",
        headers: { "content-type": "text/plain;charset=UTF-8" },
        keepalive: body.length < KEEPALIVE_CHARACTERS,
      });
      // Until its answer is read, a request counts against what may be on its way.
      await answer.text();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

/** The tracker on this page; null where it has no module for experiments, or has not begun. */
export function findTracker(): Tracker | null {
  const tracker = (globalThis as { storepulse?: Partial<Tracker> }).storepulse;
  return typeof tracker?.tell === "function" ? (tracker as Tracker) : null;
}

/** Runs when somebody sees the page: a page that is prepared in advance may never be seen. */
function whenShown(run: () => void): void {
  const page = document as Document & { prerendering?: boolean };
  if (page.prerendering) page.addEventListener("prerenderingchange", run, { once: true });
  else run();
}
