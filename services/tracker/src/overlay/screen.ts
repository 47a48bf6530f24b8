/**
 * A canvas over what is seen of the page. It follows scrolling and resizing: all is drawn once a
 * frame, measured before anything is written, so that the page is never laid out twice.
 */

import type { Reach } from "./figures";
import { type Grid, paintHeat } from "./heat";
import { percentage } from "./words";

export interface Drawn extends Grid {
  /** Empty where cells are drawn. */
  reach: Reach[];
}

const ACCENT = "#1f4fd8";
const LABEL = "12px system-ui,sans-serif";

export interface Screen {
  canvas: HTMLCanvasElement;
  show(drawn: Drawn): void;
  /** Draws frames around elements. */
  mark(elements: Element[]): void;
}

/** A canvas that follows the page until the signal. */
export function makeScreen(signal: AbortSignal): Screen {
  const canvas = document.createElement("canvas");
  canvas.ariaHidden = "true"; // the list says it in words
  const pen = canvas.getContext("2d")!;
  let drawn: Drawn = { columns: 1, rowPx: 1, cells: [], reach: [] };
  let marked: Element[] = [];
  let heat: HTMLCanvasElement | undefined;
  let paintedFor = 0; // the width of the page for which the heat was painted
  let frame = 0;

  const redraw = (): void => {
    frame ||= requestAnimationFrame(draw);
  };

  function draw(): void {
    frame = 0;
    const { innerWidth: width, innerHeight: height, scrollY: top, devicePixelRatio: scale } = window;
    const whole = document.documentElement.scrollHeight;
    const frames = marked.map((element) => element.getBoundingClientRect());
    if (paintedFor !== width) heat = paintHeat(drawn, width);
    paintedFor = width;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.width = `${width}px`;
    pen.scale(scale, scale);
    if (heat) pen.drawImage(heat, 0, -top, width, heat.height * drawn.rowPx);
    drawReach(pen, drawn.reach, width, whole, top);
    pen.strokeStyle = ACCENT;
    pen.lineWidth = 3;
    for (const { x, y, width, height } of frames) pen.strokeRect(x, y, width, height);
  }

  const how = { signal, capture: true, passive: true };
  addEventListener("scroll", redraw, how);
  addEventListener("resize", redraw, how);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(document.documentElement);
  signal.onabort = () => sizes.disconnect();

  return {
    canvas,
    show(shown) {
      drawn = shown;
      paintedFor = 0;
      // What stands on the canvas, for who cannot read pixels.
      const { cells } = drawn;
      canvas.dataset.cells = `${cells.length}`;
      canvas.dataset.events = `${cells.reduce((sum, { events }) => sum + events, 0)}`;
      redraw();
    },
    mark(elements) {
      marked = elements;
      redraw();
    },
  };
}

/** Lines at the parts of the page, darker where fewer views came. */
function drawReach(
  pen: CanvasRenderingContext2D,
  reach: Reach[],
  width: number,
  whole: number,
  top: number,
): void {
  pen.font = LABEL;
  let last = -top;
  for (const { percent, share } of reach) {
    const y = (whole * percent) / 100 - top;
    const part = share ?? 0;
    pen.fillStyle = `rgb(20 22 30/${(1 - part) * 0.6})`;
    pen.fillRect(0, last, width, y - last);
    last = y;
    pen.fillStyle = "#14161e";
    pen.fillRect(0, y, width, 1);
    pen.fillRect(0, y - 19, 120, 19); // the bar is on the other side
    pen.fillStyle = "#fff";
    pen.fillText(`${percentage(part)} got here`, 16, y - 5);
  }
}
