/** Sentences of the Delivery page about destinations and deliveries. */

import type { components } from "~/api/schema";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatClock, formatDuration, formatMoment, dayOf } from "~/format/time";
import type { Tone } from "~/parts/badge";

export type Health = components["schemas"]["DestinationHealth"];
export type Delivery = components["schemas"]["Delivery"];

/** "0:42", "1:05:09"; null when the time has come. */
export function countdown(until: string, now: number): string | null {
  const seconds = Math.ceil((Date.parse(until) - now) / 1000);
  if (seconds <= 0) return null;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** State and breaker in a few words: "active · open, probe in 0:42". */
export function stateOf(one: Health, now: number): { tone: Tone; text: string } {
  if (one.status === "disabled") return { tone: "neutral", text: one.status_reason.includes("410") ? "disabled by a 410" : "disabled" };
  if (one.status === "paused") return { tone: "neutral", text: "paused" };
  const { state, probe_at } = one.breaker;
  if (state === "open") {
    const left = probe_at ? countdown(probe_at, now) : null;
    return { tone: "bad", text: left ? `active · open, probe in ${left}` : "active · open, probe due" };
  }
  if (state === "probing") return { tone: "warn", text: "half open, 1 let through" };
  if (one.account_fault) return { tone: "warn", text: "active · refuses our account" };
  return { tone: "ok", text: "active · closed" };
}

export function waitingText({ events, more }: Health["waiting"]): string {
  const count = `${more ? "more than " : ""}${formatCount(events)}`;
  return events === 1 && !more ? "1 event waits" : `${count} events wait`;
}

function sinceText(at: string, zone: string, zoneName: string, now: number): string {
  return dayOf(at, zone) === dayOf(now, zone) ? `${formatClock(at, zone)} ${zoneName}` : `${formatMoment(at, zone)} ${zoneName}`;
}

/** A destination's fault: what happened, what it means, what to do; null if there is none. */
export function troubleOf(one: Health, zone: string, zoneName: string, now: number): string | null {
  const waits = one.waiting.events === 0 ? "No event waits for it." : `${sentence(waitingText(one.waiting))} and none is lost`;
  if (one.status === "disabled") return `${one.status_reason.includes("410") ? "answered 410, so it is disabled." : "is disabled."} ${one.waiting.events ? `${waits}; resume it to send them.` : waits}`;
  if (one.status === "paused") return one.waiting.events ? `is paused. ${waits}; resume it to send them.` : null;
  if (one.breaker.state !== "closed") {
    const since = one.breaker.since ? ` since ${sinceText(one.breaker.since, zone, zoneName, now)}` : " for more than 31 days";
    const rest = one.waiting.events ? `${waits}; waiting uses up no retries.` : waits;
    return `has taken no request${since}, so its breaker is open. ${rest} Other destinations are not held up.`;
  }
  if (one.account_fault) return `refuses our account: ${readable(one.account_fault)} ${one.waiting.events ? `${waits}.` : waits}`;
  return null;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The last answer of a delivery, in words. */
export function answerOf(one: Delivery, isHeld: boolean): string {
  const tries = one.attempts > 1 ? ` after ${formatCount(one.attempts)} attempts` : "";
  if (one.status === "skipped") return `left out: ${one.last_error || "on purpose"}`;
  if (one.status === "sent") return one.last_status === null ? `taken${tries}` : `${one.last_status}${tries}`;
  if (one.last_error) return one.last_error;
  if (one.status === "failed") return one.last_status === null ? "failed" : String(one.last_status);
  return isHeld ? "waits for the breaker" : "waits for its first request";
}

export const STATUS_TONES: Record<Delivery["status"], Tone> = { pending: "warn", sent: "ok", failed: "bad", skipped: "neutral" };

/** "1 s", "5 min", "10 h": a wait of the retry schedule. */
export function waitName(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds);
}

export interface RetryStep {
  wait: string;
  state: "done" | "next" | "to come";
}

/** The steps of a schedule after `attempts` failed ones. After the last step, that step repeats. */
export function retrySteps(waits: readonly number[], attempts: number): RetryStep[] {
  const next = Math.min(attempts, waits.length) - 1;
  return waits.map((seconds, place) => ({
    wait: waitName(seconds),
    state: place < next ? "done" : place === next ? "next" : "to come",
  }));
}

/** The retries in a sentence, for screen readers. */
export function ladderSentence(waits: readonly number[], attempts: number): string {
  if (attempts === 0) return `No attempt has failed yet. There are ${waits.length} retries.`;
  const left = Math.max(0, waits.length - attempts);
  const wait = waits[Math.min(attempts, waits.length) - 1];
  const now = wait === undefined ? "" : ` It waits ${waitName(wait)} before the next one.`;
  return `${attempts} ${attempts === 1 ? "attempt" : "attempts"} failed.${now} After that ${left} more ${left === 1 ? "retry is" : "retries are"} left.`;
}

/** An attempt's outcome in a word. */
export function outcomeName(outcome: string, status: number | null | undefined, error: string): string {
  if (status != null) return String(status);
  if (/time.?out|no answer/i.test(error)) return "timeout";
  return outcome === "delivered" ? "taken" : "no answer";
}
