/** The picture of a heatmap: one pixel for each cell of the grid, drawn larger on the page. */

import type { Cell } from "./figures";

export interface Grid {
  columns: number;
  rowPx: number;
  cells: Cell[];
}

/** From few events to many. */
const STOPS = [
  [255, 203, 71],
  [247, 136, 44],
  [205, 48, 87],
  [88, 16, 110],
];
export const RAMP = STOPS.map((stop) => `rgb(${stop})`);
/** How far a cell shines, in CSS pixels. */
const SPREAD = 24;

/** The picture of cells on a page of so many CSS pixels' width; none without cells. */
export function paintHeat({ cells, columns, rowPx }: Grid, width: number) {
  if (!cells[0]) return undefined;
  const wide = Math.ceil((SPREAD * columns) / width);
  const high = Math.ceil(SPREAD / rowPx);
  const rows = Math.max(...cells.map(({ row }) => row)) + high + 1;
  // Smoothed for the eye: each cell shines on those around it.
  const weights = new Float32Array(columns * rows);
  for (const { col, row, events } of cells) {
    for (let y = -high; y <= high; y++) {
      for (let x = -wide; x <= wide; x++) {
        const near = Math.exp(-3 * ((x / wide) ** 2 + (y / high) ** 2));
        // What lies above the page is no index, and is left out by that.
        if (columns > col + x && col + x >= 0) weights[(row + y) * columns + col + x]! += events * near;
      }
    }
  }
  const greatest = weights.reduce((one, other) => Math.max(one, other));
  const picture = document.createElement("canvas");
  picture.width = columns;
  picture.height = rows;
  const pen = picture.getContext("2d")!;
  const image = pen.createImageData(columns, rows);
  weights.forEach((weight, at) => {
    if (!weight) return;
    // The root lets cells with few events be seen beside one with many.
    const level = Math.sqrt(weight / greatest) * (STOPS.length - 1);
    const stop = Math.min(Math.floor(level), STOPS.length - 2);
    const [from, to] = [STOPS[stop]!, STOPS[stop + 1]!];
    const colour = from.map((value, channel) => value + (to[channel]! - value) * (level - stop));
    image.data.set([...colour, Math.min(level * 200, 205)], at * 4);
  });
  pen.putImageData(image, 0, 0);
  return picture;
}
