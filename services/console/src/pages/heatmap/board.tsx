import { useEffect, useMemo, useRef } from "react";
import { useWidth } from "~/charts/size";
import { formatCount, formatPercent } from "~/format/numbers";
import { FINENESS, pixelsOf, weightsOf } from "./heat";
import { type Paper, type ReachLine, linesOf } from "./paper";
import type { Heatmap, Kind } from "./queries";

/** An element that is framed on the page, in CSS pixels of the page. */
export interface Mark {
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
}

interface BoardProps {
  heatmap: Heatmap;
  kind: Kind;
  paper: Paper;
  picture: string | null;
  mark: Mark | null;
  /** What the board shows, in a sentence. */
  sentence: string;
}

/** The page with its heat over it. It is a picture; the list beside it has the same content as text. */
export function Board({ heatmap, kind, paper, picture, mark, sentence }: BoardProps) {
  const [region, room] = useWidth<HTMLDivElement>();
  // Do not enlarge a phone's page beyond its own width.
  const width = Math.min(room, paper.width);
  const scale = room ? width / paper.width : 0;
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (mark && scroller.current) showOn(scroller.current, mark.y * scale, mark.height * scale);
  }, [mark, scale]);
  return (
    <div ref={scroller} className="min-h-0 min-w-0 flex-1 overflow-auto bg-canvas p-4 focus-visible:outline-offset-[-2px] max-lg:h-[60dvh] max-lg:flex-none" tabIndex={0} role="region" aria-label="The page with its heatmap">
      <div ref={region}>
        <div role="img" aria-label={sentence} className="relative mx-auto overflow-hidden rounded-badge border border-line2" style={{ width, height: paper.height * scale, background: "var(--paper)" }}>
          {picture ? <img src={picture} alt="" style={{ width: "100%", height: paper.pageHeight * scale, opacity: 0.68, filter: "grayscale(0.7)" }} /> : <Empty paper={paper} scale={scale} />}
          {kind === "scroll" ? <Bands heatmap={heatmap} paper={paper} scale={scale} /> : <Heat heatmap={heatmap} paper={paper} />}
          {linesOf(heatmap.scroll_reach, kind === "scroll").map((line) => (
            <Line key={line.percent} line={line} top={(line.percent / 100) * paper.pageHeight * scale} isLong={kind === "scroll"} />
          ))}
          {mark && <Framed mark={mark} scale={scale} room={width} />}
        </div>
      </div>
    </div>
  );
}

const GUTTER = 16;

/** Scrolls only the board, and only if the frame is not visible, so that the list does not move. */
function showOn(scroller: HTMLElement, top: number, height: number): void {
  const [first, last] = [scroller.scrollTop, scroller.scrollTop + scroller.clientHeight];
  if (top >= first && top + Math.min(height, scroller.clientHeight) <= last) return;
  scroller.scrollTop = Math.max(0, top - GUTTER);
}

/** A framed element, with its label on the side that has more room. */
function Framed({ mark, scale, room }: { mark: Mark; scale: number; room: number }) {
  const [left, width] = [mark.x * scale, mark.width * scale];
  const isRight = left + width > room - left;
  const words = { maxWidth: Math.max(0, (isRight ? left + width : room - left) - 8) };
  return (
    <div data-mark className="absolute rounded-badge border-2 border-[#1f4fd8]" style={{ left, top: mark.y * scale, width, height: mark.height * scale }}>
      <bdi className={`absolute top-0.5 w-max truncate rounded-badge bg-[#1f4fd8] px-2 py-0.5 text-xs font-medium text-[#ffffff] ${isRight ? "right-0.5" : "left-0.5"}`} style={words}>
        {mark.text}
      </bdi>
    </div>
  );
}

/** Without a picture: rows of a hundred pixels, and a line at the end of the first screen. */
function Empty({ paper, scale }: { paper: Paper; scale: number }) {
  const step = 100 * scale;
  return (
    <>
      <div className="absolute inset-0" style={{ backgroundImage: `repeating-linear-gradient(to bottom, transparent 0 ${step - 1}px, var(--paper-line) ${step - 1}px ${step}px), repeating-linear-gradient(to right, transparent 0 ${step - 1}px, var(--paper-line) ${step - 1}px ${step}px)` }} />
      {paper.fold < paper.height && (
        <p className="absolute inset-x-0 border-b border-[#848a92] text-xs text-[#4a505a]" style={{ top: paper.fold * scale - 18 }}>
          <span className="pl-2">End of the first screen, {formatCount(paper.fold)} px</span>
        </p>
      )}
    </>
  );
}

function Heat({ heatmap, paper }: { heatmap: Heatmap; paper: Paper }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { cells, grid } = heatmap;
  const rows = Math.max(1, Math.ceil(paper.height / grid.row_px));
  const weights = useMemo(() => weightsOf(cells, { columns: grid.columns, rowPx: grid.row_px, rows, width: paper.width }), [cells, grid.columns, grid.row_px, rows, paper.width]);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    pen?.putImageData(new ImageData(pixelsOf(weights), weights.wide, weights.high), 0, 0);
  }, [weights]);
  const events = cells.reduce((sum, cell) => sum + cell.events, 0);
  return (
    <canvas
      ref={canvas}
      aria-hidden="true"
      data-cells={cells.length}
      data-events={events}
      width={grid.columns * FINENESS}
      height={rows * FINENESS}
      className="absolute inset-x-0 top-0 w-full"
      style={{ height: `${((rows * grid.row_px) / paper.height) * 100}%` }}
    />
  );
}

/** Each twentieth of the page; the fewer views reached it, the darker. */
function Bands({ heatmap, paper, scale }: { heatmap: Heatmap; paper: Paper; scale: number }) {
  const part = (paper.pageHeight * scale) / 20;
  return heatmap.scroll_reach.slice(1).map(({ percent, share }, place) => (
    <div key={percent} aria-hidden="true" data-reach={percent} className="absolute inset-x-0" style={{ top: place * part, height: part, background: "#58106e", opacity: share === null ? 0 : (1 - share) * 0.72 }} />
  ));
}

function Line({ line, top, isLong }: { line: ReachLine; top: number; isLong: boolean }) {
  return (
    <div aria-hidden="true" data-line={line.percent} className="absolute inset-x-0 border-t border-dashed border-[#4a505a]" style={{ top: top - 1 }}>
      <span className="absolute right-1.5 bottom-0.5 rounded-badge bg-[#212730] px-1.5 py-0.5 text-xs font-medium text-[#ffffff]">
        {isLong && `${line.percent}%: `}
        {formatPercent(line.share, 0)} got here
      </span>
    </div>
  );
}
