/**
 * Where people click, where the mouse rests, and how far they scroll.
 *
 * Rules: a listener reads no geometry but the event's own; the rest is read after the next frame,
 * when it costs no layout. Clicks are held until 1.2 s after the last of them, so that those of an
 * angry visitor reach the gateway together. A view's scrolling is told once, when it ends.
 */

import { elementOf, selectorOf } from "../heatmap/element";
import type { Fields, Start } from "../module";

const BURST_MS = 1_200;
const MOST_HELD = 40;
const REST_MS = 500;
/** Nobody is there who rests longer. */
const LONGEST_REST_MS = 60_000;
const MOST_PX = 10_000;

/** An event as its listener saw it. Its element and view may have changed when it is measured. */
interface Seen {
  path: EventTarget[];
  x: number;
  y: number;
  fields: Fields;
}

const clamp = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));
const afterFrame = (run: () => void) => requestAnimationFrame(() => setTimeout(run));

export const start: Start = ({ settings, context, add, on, hear }) => {
  const page = document.scrollingElement!;
  const tallest = Number(settings.maxY) || MOST_PX;
  let clicks: (() => void)[] = [];
  let timer: ReturnType<typeof setTimeout>;
  let rest: Seen | undefined;
  let view: Fields;
  /** In percent; null before the view is scrolled, and NaN once it was told. */
  let depth: number | null = null;

  const see = (type: string, event: MouseEvent): Seen => ({
    path: event.composedPath(),
    x: event.clientX,
    y: event.pageY,
    fields: { type, timestamp: Date.now(), ...view },
  });

  /** Names the element now, and gives what measures it, once, and sends the event. */
  const sender = ({ path, x, y, fields }: Seen) => {
    const element = elementOf(path);
    const selector = element && selectorOf(element);
    let measured: Fields | undefined;
    const measure = () => {
      if (!element || measured) return;
      const box = element.getBoundingClientRect();
      const viewport_width = clamp(innerWidth, MOST_PX);
      measured = {
        ...fields,
        selector,
        x: clamp(x, viewport_width),
        y: clamp(y, page.scrollHeight),
        viewport_width,
        viewport_height: clamp(innerHeight, MOST_PX),
        document_height: clamp(page.scrollHeight, tallest),
        element_x: clamp(x - box.x, Math.min(box.width, MOST_PX)),
        element_y: clamp(y - scrollY - box.y, box.height),
      };
    };
    afterFrame(measure);
    return () => {
      measure();
      // The gateway takes no point below the limit.
      if (measured && (measured.y as number) <= tallest) add("heatmap", measured);
    };
  };

  const release = () => clicks.splice(0).forEach((send) => send());

  const scroll = () => {
    if (depth !== null) depth = Math.max(depth, ((scrollY + innerHeight) * 100) / page.scrollHeight);
  };

  const endView = () => {
    if (depth) add("heatmap", { type: "scroll", ...view, scroll_depth: clamp(depth, 100) });
    depth = NaN;
  };

  // Without a count it is a key, or the click of a label on its field.
  on(document, "click", (event) => {
    if (!event.isTrusted || !(event as MouseEvent).detail) return;
    clicks.push(sender(see("click", event as MouseEvent)));
    clearTimeout(timer);
    timer = setTimeout(release, clicks.length < MOST_HELD ? BURST_MS : 0);
  });

  on(document, "pointermove", (event) => {
    if ((event as PointerEvent).pointerType !== "mouse") return;
    const seen = see("hover", event as MouseEvent);
    if (rest) {
      const dwell = (seen.fields.timestamp as number) - (rest.fields.timestamp as number);
      rest.fields.dwell_ms = dwell;
      if (dwell >= REST_MS && dwell < LONGEST_REST_MS) afterFrame(sender(rest));
    }
    rest = seen;
  });

  on(document, "scroll", ({ target }) => {
    if (target !== document) return;
    depth ??= 0;
    afterFrame(scroll);
  });

  on(document, "visibilitychange", () => {
    if (!document.hidden) return;
    release();
    scroll();
    endView();
  });

  hear(({ name }) => {
    if (name !== "page_view") return;
    endView();
    const { page_url, view_id } = context();
    view = { page_url, view_id };
    depth = null;
  });
};
