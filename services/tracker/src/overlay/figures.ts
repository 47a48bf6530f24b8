/** What the gateway says of this page's heatmap. */

import { keep } from "./link";

export interface Cell {
  kind: string;
  col: number;
  row: number;
  events: number;
}

/** Views whose furthest scroll reached at least this part of the page. */
export interface Reach {
  percent: number;
  views: number;
  share: number | null;
}

export interface Clicked {
  selector: string;
  clicks: number;
  rage_clicks: number;
  dead_clicks: number;
  hovers: number;
}

export interface Heatmap {
  page: string;
  grid: { columns: number; row_px: number };
  totals: { clicks: number; rage_clicks: number; dead_clicks: number; hovers: number };
  cells: Cell[];
  cells_truncated: boolean;
  scroll_reach: Reach[];
  elements: Clicked[];
}

export interface Figures {
  from: string | null;
  to: string | null;
  tz: string;
  data: Heatmap;
}

const ELEMENTS = 200;
const DAY = 864e5;

/**
 * Asks for the figures of a device ("" for all) and of so many days back (0 for all).
 * Throws an Error whose message is for people.
 */
export async function askFigures(
  host: string,
  token: string,
  device: string,
  days: number,
): Promise<Figures> {
  const body = JSON.stringify({
    token,
    page: location.href.replace(/#.*/, "").slice(0, 2048),
    device: device || undefined,
    from: days ? new Date(Date.now() - days * DAY).toISOString() : undefined,
    limit: ELEMENTS,
  });
  // A body of text, so that the browser asks nothing before; no cookie has a say here.
  const answer = await fetch(`${host}api/heatmap-overlay`, {
    method: "POST",
    body,
    credentials: "omit",
    referrerPolicy: "no-referrer",
  }).catch(() => {
    throw Error("The figures cannot be read from this site, or the gateway is away.");
  });
  if (answer.status === 401) keep("");
  const said = (await answer.json().catch(() => null)) ?? {};
  if (!answer.ok) throw Error(said.message ?? `The gateway answered ${answer.status}.`);
  return said;
}
