/**
 * The heatmap of this page, drawn over it for who came by a link of the shop's own staff. It
 * touches nothing of the page, and nothing of it is counted.
 */

import type { Start } from "../module";
import { askFigures, type Figures } from "../overlay/figures";
import { keep, takeToken } from "../overlay/link";
import { makePanel } from "../overlay/panel";
import { makeScreen } from "../overlay/screen";

/** How often the address is compared: pages change it without telling. */
const LOOK_EVERY = 500;

export const start: Start = ({ host }) => {
  const token = takeToken();
  if (token) open(host, token);
};

function open(host: string, token: string): void {
  const end = new AbortController();
  const screen = makeScreen(end.signal);
  const panel = makePanel(screen, { read, draw, close });
  let figures: Figures | undefined;
  let asked = 0;
  let page = here();
  const looking = setInterval(() => {
    if (page === here()) return;
    page = here();
    read();
  }, LOOK_EVERY);

  function close(): void {
    clearInterval(looking);
    end.abort();
    panel.remove();
    keep("");
  }

  /** Draws the figures; an answer that is no heatmap must not end in the page's own error log. */
  function draw(): void {
    try {
      drawFigures();
    } catch {
      figures = undefined;
      drawFigures();
      panel.say("The gateway's answer is no heatmap.");
    }
  }

  function drawFigures(): void {
    const kind = panel.kind();
    const { grid, cells, scroll_reach } = figures?.data ?? {};
    screen.mark([]);
    screen.show({
      columns: grid?.columns ?? 1,
      rowPx: grid?.row_px ?? 1,
      cells: cells?.filter((cell) => cell.kind === kind) ?? [],
      reach: (kind === "scroll" && scroll_reach) || [],
    });
    panel.show(figures);
  }

  async function read(): Promise<void> {
    const turn = ++asked;
    panel.say("Reading…");
    const answer = await askFigures(host, token, panel.device(), panel.period()).catch(
      (error: Error) => error,
    );
    if (turn !== asked) return; // something else was asked for meanwhile
    figures = answer instanceof Error ? undefined : answer;
    draw();
    if (answer instanceof Error) panel.say(answer.message);
  }

  void read();
}

/** The address without its hash. */
function here(): string {
  return location.pathname + location.search;
}
