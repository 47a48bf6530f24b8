/** The shop's own server: what it knows of the visit, and what only a server may do. */

import type { ActiveTest } from "@storepulse/tracker/react";
import type { ShownPage, Slot } from "./slots/slots";

/** What the page was made with: `<script id="setup" type="application/json">`. */
export interface Setup {
  store_id: string;
  /** The store's domain. */
  store: string;
  /** The gateway's address, without a slash at the end. */
  gateway: string;
  key: string;
  /** The experiment on the front page's hero; null where it is not running. */
  hero_test: string | null;
  /** The running tests, as the gateway lists them. */
  tests: readonly ActiveTest[];
  /** The page of this address with its slots; null where it has none. */
  page: ShownPage | null;
  /** The slots that the shop has by itself, by type of page. */
  slots: Readonly<Record<string, readonly Slot[]>>;
}

export interface Reply {
  from: "bot" | "visitor";
  text: string;
  /** A product that the bot shows. */
  product?: string;
  /** What may be pressed instead of typing. */
  buttons?: readonly string[];
}

/** One event of the visit, wherever it is by now. */
export interface JourneyEvent {
  stream: string;
  event_id: string;
  type: string;
  /** What it says, in a few words. */
  summary: string;
  sent_by: "page" | "server";
  occurred_at: string;
  /** The row that it became, as the tables hold it; null while it is on its way. */
  row: Record<string, unknown> | null;
}

/** A figure of the shop, with the API's address that gives the same. */
export interface Figure {
  name: string;
  value: string;
  api: string;
}

export interface Journey {
  events: readonly JourneyEvent[];
  figures: readonly Figure[];
}

/** How long a page waits for its slots; its server waits for the gateway a second. */
const SLOTS_MS = 2_000;

export const setup: Setup = JSON.parse(document.getElementById("setup")?.textContent ?? "{}");

async function call<Answer>(path: string, body?: object): Promise<Answer> {
  const request: RequestInit = body
    ? {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }
    : {};
  const answer = await fetch(`/demo/api/${path}`, request);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as Answer;
}

/** Who is here, as the tracker's cookies say; the shop's server reads the same cookies. */
export function orderPlaced(
  lines: readonly object[],
  email: string,
): Promise<{ order_id: string }> {
  return call("checkout", { lines, email });
}

/** The address of a picture of somebody who wears the product. */
export function triedOn(product: string, model: string): Promise<{ picture: string }> {
  return call("try-on", { product, model });
}

/** The bot's answer. `start`: the parameter of the link that the chat began by. */
export function said(text: string, start?: string): Promise<{ replies: readonly Reply[] }> {
  return call("chat", { text, start_param: start });
}

/** Whoever came with a preview's token sees its variant on each page. */
const preview = new URLSearchParams(location.search).get("preview");

/** The slots of a product's page, or of the front page. */
export async function slotsOf(slug: string): Promise<ShownPage> {
  const asked = preview === null ? "" : `?preview=${encodeURIComponent(preview)}`;
  const address = `/demo/api/slots/${slug}${asked}`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(SLOTS_MS) });
  if (!answer.ok) throw new Error(`slots: ${answer.status}`);
  return (await answer.json()) as ShownPage;
}

export function journey(): Promise<Journey> {
  return call("journey");
}
