/** The page under the heat: its size, its fold, and how far views scrolled. */

import type { Cell, Device, Reach } from "./queries";

/** A typical window for each class of device, used without a picture of the page. */
export const WINDOWS: Record<Device, { width: number; fold: number }> = {
  desktop: { width: 1440, fold: 900 },
  tablet: { width: 820, fold: 1180 },
  mobile: { width: 390, fold: 844 },
  all: { width: 1440, fold: 900 },
};

export interface Paper {
  /** In CSS pixels of the page. */
  width: number;
  height: number;
  fold: number;
  /** The height of the page itself; the drawing is longer if events lie below the picture. */
  pageHeight: number;
}

interface Size {
  width: number;
  height: number;
}

export function paperOf(device: Device, picture: Size | null, cells: readonly Pick<Cell, "row">[], rowPx: number): Paper {
  const { width, fold } = WINDOWS[device];
  const lowest = cells.reduce((last, cell) => Math.max(last, (cell.row + 1) * rowPx), 0);
  const pageHeight = picture ? picture.height : Math.max(lowest + 3 * rowPx, fold);
  return { width: picture?.width ?? width, height: Math.max(pageHeight, lowest), fold, pageHeight };
}

export interface ReachLine {
  percent: number;
  views: number;
  share: number;
}

/** Positions of the lines: every tenth, or where at most three quarters, a half and a quarter of views came. */
export function linesOf(reach: readonly Reach[], every: boolean): ReachLine[] {
  const known = reach.flatMap(({ percent, views, share }) => (share === null || percent === 0 ? [] : [{ percent, views, share }]));
  if (every) return known.filter((one) => one.percent % 10 === 0);
  const found = [0.75, 0.5, 0.25].flatMap((part) => known.find((one) => one.share <= part && one.share > 0) ?? []);
  return found.filter((one, place) => found.indexOf(one) === place);
}
