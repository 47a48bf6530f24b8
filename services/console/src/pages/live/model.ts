/** The page's model of the stream: rows, rows held back during a pause, and counts by second. Values are
 * immutable, so that only changes are drawn again. */

export type Stage = "accepted" | "applied" | "duplicate" | "rejected" | "dead" | "unknown";

/** An event in the stream's format. */
export interface LiveEvent {
  id: string;
  received_at: string;
  stream: string;
  type: string;
  what: string;
  store_id: string | null;
  session_id: string | null;
  event_id: string | null;
  stage: Stage;
  accepted_ms: number | null;
  applied_ms: number | null;
  field: string | null;
  value: string | null;
  wish: string | null;
}

export interface Gap {
  missed: number | null;
  reason: "slow" | "away" | "rate" | "behind";
}

/** A row of the list. `order` is its time in milliseconds: newest first. */
export type Row = { key: string; order: number; event: LiveEvent } | { key: string; order: number; gap: Gap };

export interface Second {
  accepted: number;
  applied: number;
  duplicate: number;
  rejected: number;
  dead: number;
}

export interface RatesMessage {
  since: string;
  until: string;
  is_current: boolean;
  seconds: ({ at: string } & Second)[];
}

/** Why the list is paused: by the button or Space; because the reader has scrolled down or opened a row;
 * while the pointer looks for a row. */
export type Pause = "asked" | "reading" | "pointing";

export interface LiveModel {
  /** Newest first. */
  rows: readonly Row[];
  /** The rows shown during a pause, else null; and the reason for the pause. */
  held: readonly Row[] | null;
  why: Pause | null;
  /** Events that arrived since the pause began. */
  newer: number;
  /** Counts by epoch second; seconds without events are missing. */
  seconds: ReadonlyMap<number, Second>;
  /** The range of seconds with known counts: from `since` to before `until`. */
  since: number;
  until: number;
  /** Seconds within the range whose counts are unknown. */
  unknown: ReadonlySet<number>;
}

export const MOST_ROWS = 500;
export const SECONDS = 90;
const NOTHING: Second = { accepted: 0, applied: 0, duplicate: 0, rejected: 0, dead: 0 };

export const EMPTY: LiveModel = {
  rows: [],
  held: null,
  why: null,
  newer: 0,
  seconds: new Map(),
  since: 0,
  until: 0,
  unknown: new Set(),
};

export function takeEvents(model: LiveModel, events: readonly LiveEvent[]): LiveModel {
  const byKey = new Map(events.map((event) => [event.id, event]));
  const known = new Set<string>();
  const change = (row: Row): Row => {
    known.add(row.key);
    const event = byKey.get(row.key);
    return event && "event" in row ? { ...row, event } : row;
  };
  const rows = model.rows.map(change);
  const held = model.held?.map(change) ?? null;
  // Of events with the same time, the last one to arrive is first.
  const fresh = [...byKey.values()].filter((event) => !known.has(event.id)).map(rowOf).reverse();
  const merged = fresh.length > 0 ? [...fresh, ...rows].sort((a, b) => b.order - a.order).slice(0, MOST_ROWS) : rows;
  return { ...model, rows: merged, held, newer: held ? model.newer + fresh.length : 0 };
}

function rowOf(event: LiveEvent): Row {
  return { key: event.id, order: Date.parse(event.received_at), event };
}

/** Adds a gap above the current rows; a gap of the same kind directly before is extended instead. */
export function takeGap(model: LiveModel, gap: Gap): LiveModel {
  const [top, ...rest] = model.rows;
  if (top && "gap" in top && top.gap.reason === gap.reason) {
    const missed = top.gap.missed === null || gap.missed === null ? null : top.gap.missed + gap.missed;
    return { ...model, rows: [{ ...top, gap: { ...gap, missed } }, ...rest] };
  }
  const order = (top?.order ?? 0) + 0.5;
  const rows: Row[] = [{ key: `gap ${order} ${gap.reason}`, order, gap }, ...model.rows];
  return { ...model, rows: rows.slice(0, MOST_ROWS) };
}

export function takeRates(model: LiveModel, told: RatesMessage): LiveModel {
  const [since, until] = [secondOf(told.since), secondOf(told.until)];
  const first = until - SECONDS;
  const seconds = new Map([...model.seconds].filter(([second]) => second >= first));
  for (const { at, ...counts } of told.seconds) seconds.set(secondOf(at), counts);
  const unknown = new Set([...model.unknown].filter((second) => second >= first && !seconds.has(second)));
  // Seconds during which nothing was read are counted later; until then they are unknown.
  if (!told.is_current) for (let second = Math.max(model.until, first); second < until; second += 1) unknown.add(second);
  return { ...model, seconds, since, until, unknown };
}

function secondOf(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}

/** Pauses the list. An existing pause stays, except that any other pause replaces one by pointing. */
export function pause(model: LiveModel, why: Pause): LiveModel {
  if (model.held === null) return { ...model, held: model.rows, why, newer: 0 };
  return model.why === "pointing" && why !== "pointing" ? { ...model, why } : model;
}

export function resume(model: LiveModel): LiveModel {
  return model.held === null ? model : { ...model, held: null, why: null, newer: 0 };
}

/** The pointer has chosen a row or left: ends only the pause by pointing. */
export function stopPointing(model: LiveModel): LiveModel {
  return model.why === "pointing" ? resume(model) : model;
}

/** Another filter starts with an empty list and without counts. `until` is kept, so that seconds not read
 * since are marked as unknown. */
export function restart(model: LiveModel): LiveModel {
  return { ...EMPTY, until: model.until };
}

export function shownRows(model: LiveModel): readonly Row[] {
  return model.held ?? model.rows;
}

/** The counts of a second; null if they are unknown. */
export function countsOf(model: LiveModel, second: number): Second | null {
  if (second < model.since || second >= model.until || model.unknown.has(second)) return null;
  return model.seconds.get(second) ?? NOTHING;
}

/** The mean over the last `over` seconds with known counts. */
export function rateOf(model: LiveModel, of: (counts: Second) => number, over = 10): number | null {
  let sum = 0;
  let count = 0;
  for (let second = model.until - over; second < model.until; second += 1) {
    const counts = countsOf(model, second);
    if (counts) {
      sum += of(counts);
      count += 1;
    }
  }
  return count === 0 ? null : sum / count;
}

/** The time within which 95 % of the rows here were applied, in milliseconds; null without any. */
export function slowestOf(rows: readonly Row[]): number | null {
  const times = rows.flatMap((row) => ("event" in row && row.event.applied_ms !== null ? [row.event.applied_ms] : []));
  if (times.length === 0) return null;
  times.sort((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.ceil(times.length * 0.95) - 1)]!;
}

/** How many different fields were faulty in the rows here. */
export function badFields(rows: readonly Row[]): number {
  return new Set(rows.flatMap((row) => ("event" in row && row.event.field ? [row.event.field] : []))).size;
}
