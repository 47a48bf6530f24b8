/** Draws cells as heat: each cell also colours its surroundings, so that the picture shows areas instead of
 * squares. */

import type { Cell } from "./queries";

/** Colours from few events to many. */
export const STOPS = [
  [255, 203, 71],
  [247, 136, 44],
  [205, 48, 87],
  [88, 16, 110],
] as const;
export const RAMP = STOPS.map((stop) => `rgb(${stop.join(" ")})`);

/** The radius of a cell's heat, in CSS pixels of the page. */
const SPREAD = 22;
/** Pixels of the picture per cell, in both directions. */
export const FINENESS = 2;
const MOST_OPAQUE = 210;

export interface Grid {
  columns: number;
  rowPx: number;
  /** The number of rows of the page. */
  rows: number;
  /** The page's width in CSS pixels. */
  width: number;
}

export interface Weights {
  wide: number;
  high: number;
  values: Float32Array;
  greatest: number;
}

/** The sum of the surrounding cells' heat for each pixel of the picture. Every cell counts. */
export function weightsOf(cells: readonly Pick<Cell, "col" | "row" | "events">[], grid: Grid): Weights {
  const [wide, high] = [grid.columns * FINENESS, grid.rows * FINENESS];
  const values = new Float32Array(wide * high);
  const reachX = Math.max(1, Math.round((SPREAD * wide) / grid.width));
  const reachY = Math.max(1, Math.round((SPREAD * FINENESS) / grid.rowPx));
  const near = kernel(reachX, reachY);
  for (const { col, row, events } of cells) {
    const [atX, atY] = [Math.floor((col + 0.5) * FINENESS), Math.floor((row + 0.5) * FINENESS)];
    for (let y = -reachY; y <= reachY; y += 1) {
      const line = atY + y;
      if (line < 0 || line >= high) continue;
      for (let x = -reachX; x <= reachX; x += 1) {
        const column = atX + x;
        if (column < 0 || column >= wide) continue;
        const at = line * wide + column;
        values[at] = values[at]! + events * near[(y + reachY) * (2 * reachX + 1) + x + reachX]!;
      }
    }
  }
  return { wide, high, values, greatest: values.reduce((one, other) => Math.max(one, other), 0) };
}

function kernel(reachX: number, reachY: number): Float32Array {
  const near = new Float32Array((2 * reachX + 1) * (2 * reachY + 1));
  let at = 0;
  for (let y = -reachY; y <= reachY; y += 1) {
    for (let x = -reachX; x <= reachX; x += 1) {
      near[at] = Math.exp(-3 * ((x / reachX) ** 2 + (y / reachY) ** 2));
      at += 1;
    }
  }
  return near;
}

/** The colour of a level between 0 and 1, with its opacity; all values 0 to 255. */
export function colourOf(level: number): [number, number, number, number] {
  const place = Math.min(Math.max(level, 0), 1) * (STOPS.length - 1);
  const stop = Math.min(Math.floor(place), STOPS.length - 2);
  const [from, to] = [STOPS[stop]!, STOPS[stop + 1]!];
  const part = place - stop;
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * part);
  return [mix(0), mix(1), mix(2), Math.round(Math.min(place * 1.1, 1) * MOST_OPAQUE)];
}

/** The picture's pixels, four numbers each. The square root keeps few events visible beside many. */
export function pixelsOf({ values, greatest }: Weights): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  if (greatest === 0) return pixels;
  values.forEach((weight, at) => {
    if (weight > 0) pixels.set(colourOf(Math.sqrt(weight / greatest)), at * 4);
  });
  return pixels;
}

/** The greatest number of events of one cell; 0 without cells. */
export function mostOf(cells: readonly Pick<Cell, "events">[]): number {
  return cells.reduce((most, cell) => Math.max(most, cell.events), 0);
}
