/** Replays of many letters: sent in groups of a hundred, and continued after a reload. The URL has the job's
 * id, which is the run's id in the letters' trails. This tab stores the order and its progress. If a request
 * is lost or repeated, the run still takes each letter once. */

import { useSyncExternalStore } from "react";
import { ApiError, faultText } from "~/api/errors";
import { type ReplayBody, type Replayed, replay } from "./queries";

export const GROUP = 100;

export interface JobOrder {
  /** The group's reason: “deadlock detected”. */
  name: string;
  /** The number of letters when the job was ordered. */
  total: number;
  body: ReplayBody;
}

export interface Job {
  order: JobOrder;
  state: "running" | "stopped" | "through" | "failed";
  cursor: string | null;
  /** Letters that were replayed or refused, according to the answers. */
  passed: number;
  refused: Record<string, string>;
  fault: string;
}

type Sending = (body: ReplayBody) => Promise<Replayed>;

/** Waits before a request without an answer is repeated, in milliseconds. A request that a reload cut off
 * looks the same, and must not count as a failure. */
const WAITS = [1000, 2000, 4000, 8000];

function isPassing(error: unknown): boolean {
  return error instanceof ApiError && !error.isFinal;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

const listeners = new Set<() => void>();
const jobs = new Map<string, Job>();
const driven = new Set<string>();

/** A version 4 UUID; `randomUUID` exists in secure contexts only. */
export function newJobId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function keyOf(id: string): string {
  return `storepulse.job.${id}`;
}

/** A job of this tab, also from before a reload; null if another tab began it. */
export function findJob(id: string): Job | null {
  const known = jobs.get(id);
  if (known) return known;
  try {
    const kept = sessionStorage.getItem(keyOf(id));
    if (kept === null) return null;
    const job = JSON.parse(kept) as Job;
    jobs.set(id, job);
    return job;
  } catch {
    return null;
  }
}

function keep(id: string, job: Job): void {
  jobs.set(id, job);
  try {
    sessionStorage.setItem(keyOf(id), JSON.stringify(job));
  } catch {
    // Storage is off or full: the job ends with the page.
  }
  for (const tell of listeners) tell();
}

function change(id: string, changes: Partial<Job>): void {
  const job = findJob(id);
  if (job) keep(id, { ...job, ...changes });
}

export function beginJob(order: JobOrder): string {
  const id = newJobId();
  keep(id, { order, state: "running", cursor: null, passed: 0, refused: {}, fault: "" });
  return id;
}

/** Stops after the current group. */
export function stopJob(id: string): void {
  change(id, { state: "stopped" });
}

export function goOnWith(id: string): void {
  change(id, { state: "running", fault: "" });
}

/** Sends the remaining groups until the job is stopped; does nothing if it is being driven already. */
export async function driveJob(id: string, onGroup: () => void, send: Sending = replay, wait = pause): Promise<void> {
  if (driven.has(id)) return;
  driven.add(id);
  try {
    let failures = 0;
    for (let job = findJob(id); job?.state === "running"; job = findJob(id)) {
      try {
        note(id, await send(bodyOf(id, job)));
        failures = 0;
        onGroup();
      } catch (error) {
        if (failures === WAITS.length || !isPassing(error)) throw error;
        await wait(WAITS[failures]!);
        failures += 1;
      }
    }
  } catch (error) {
    change(id, { state: "failed", fault: faultText(error) });
  } finally {
    driven.delete(id);
  }
}

/** Letters by ids are sent in one request, those of a filter in groups. */
function bodyOf(id: string, job: Job): ReplayBody {
  const { body } = job.order;
  if (body.ids) return { ...body, run: id };
  return { ...body, run: id, max: GROUP, cursor: job.cursor };
}

function note(id: string, result: Replayed): void {
  const job = findJob(id)!;
  const left = job.order.body.ids ? result.skipped : {};
  const refused = { ...job.refused, ...result.refused, ...left };
  const passed = job.passed + result.sent + result.queued + result.delivered_before + Object.keys(result.refused).length + Object.keys(left).length;
  const isThrough = result.next_cursor === null || Boolean(job.order.body.ids);
  keep(id, { ...job, refused, passed, cursor: result.next_cursor, state: isThrough ? "through" : job.state });
}

function hear(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useJob(id: string | undefined): Job | null {
  return useSyncExternalStore(hear, () => (id ? findJob(id) : null));
}
