/** The bar: what is drawn, and the list of elements, which says the same as the canvas in words. */

import { findElements, readable } from "./elements";
import type { Clicked, Figures, Heatmap } from "./figures";
import type { Screen } from "./screen";
import { CSS } from "./styles";
import { counted, moment, number, percentage } from "./words";

type Children = (Node | string)[];
export type Kind = "click" | "hover" | "scroll";

const KINDS: Record<Kind, string> = { click: "Clicks", hover: "Hovers", scroll: "Scroll" };
const DEVICES = { "": "All devices", desktop: "Desktop", tablet: "Tablet", mobile: "Mobile" };
const PERIODS = { 1: "Last day", 7: "7 days", 30: "30 days", 90: "90 days", 0: "All time" };
/** What the page's own listeners would take for something done on the page. */
const OURS = ["click", "pointerdown", "keydown", "keyup", "change"];

/** What the bar is asked to do by its user. */
export interface Wishes {
  /** Another device or period. */
  read(): void;
  /** Another kind. */
  draw(): void;
  close(): void;
}

export interface Panel {
  kind(): Kind;
  device(): string;
  /** In days; 0 for all. */
  period(): number;
  say(text: string): void;
  /** Shows figures; none where there are none. */
  show(figures?: Figures): void;
  remove(): void;
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: Children
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function choice(
  ariaLabel: string,
  options: Record<string, string>,
  value: string,
  onchange: () => void,
): HTMLSelectElement {
  const list = make("select", { ariaLabel, onchange });
  for (const one in options) list.append(make("option", { value: one }, options[one]!));
  list.value = value;
  return list;
}

function clicksOf({ clicks, rage_clicks, dead_clicks }: Omit<Clicked, "selector">): Children {
  const parts: Children = [counted(clicks, "click")];
  if (rage_clicks) parts.push(", ", make("b", {}, `${number(rage_clicks)} rage`));
  if (dead_clicks) parts.push(", ", make("b", {}, `${number(dead_clicks)} dead`));
  return parts;
}

/** The class of device whose events look like this window, as the gateway judges them. */
function deviceHere(): string {
  if (innerWidth < 768) return "mobile";
  return innerWidth < 1024 ? "tablet" : "desktop";
}

export function makePanel(screen: Screen, { read, draw, close }: Wishes): Panel {
  let kind: Kind = "click";
  const device = choice("Device", DEVICES, deviceHere(), read);
  const period = choice("Period", PERIODS, "7", read);
  const title = make("h2", {}, "Heatmap");
  const status = make("p", { role: "status" });
  const legend = make("div");
  const summary = make("summary");
  const list = make("ol");
  const kinds = (Object.keys(KINDS) as Kind[]).map((one) => {
    const onchange = () => {
      kind = one;
      draw();
    };
    const radio = { type: "radio", name: "kind", checked: one === kind, onchange };
    return make("label", {}, make("input", radio), KINDS[one]);
  });
  const bar = make(
    "section",
    { ariaLabel: "Storepulse heatmap", tabIndex: -1 },
    make("header", {}, title, make("button", { ariaLabel: "Close", onclick: close }, "×")),
    make("div", { role: "radiogroup", ariaLabel: "Shown" }, ...kinds),
    make("div", {}, device, period),
    status,
    legend,
    make("details", { open: innerWidth > 480 }, summary, list),
  );

  const say = (text: string) => {
    status.textContent = text;
  };

  function totals({ totals, scroll_reach }: Heatmap): Children {
    if (kind === "click") return clicksOf(totals);
    if (kind === "hover") return [counted(totals.hovers, "hover")];
    return [counted(scroll_reach[0]?.views ?? 0, "view"), " scrolled"];
  }

  function rowOf(one: Clicked): Node {
    const mark = () => {
      const found = findElements(one.selector);
      screen.mark(found);
      return found[0];
    };
    const onclick = () => {
      const first = mark();
      if (first) first.scrollIntoView({ block: "center" });
      else say("Not on the page now.");
    };
    return make(
      "button",
      { onclick, onfocus: mark, onpointerenter: mark },
      make("bdi", {}, readable(one.selector)),
      ...(kind === "click" ? clicksOf(one) : [counted(one.hovers, "hover")]),
    );
  }

  /** What the list is called, and its entries. */
  function entries({ elements, scroll_reach }: Heatmap): [string, Children] {
    if (kind === "scroll") {
      const lines = scroll_reach.map(
        ({ percent, views, share }) =>
          `${percent} %: ${counted(views, "view")} (${percentage(share)})`,
      );
      return ["How far views came", lines];
    }
    const found = elements.filter((one) => (kind === "click" ? one.clicks : one.hovers));
    return [counted(found.length, "element"), found.map(rowOf)];
  }

  function show(figures?: Figures): void {
    legend.replaceChildren();
    list.replaceChildren();
    summary.textContent = "";
    if (!figures) return;
    const { from, to, tz, data } = figures;
    title.textContent = readable(data.page);
    status.replaceChildren(
      ...totals(data),
      `. ${moment(from, tz, "From the beginning")} – ${moment(to, tz, "now")}, ${tz}.`,
      data.cells_truncated ? " Cells with fewest events are left out." : "",
    );
    const counts = data.cells.filter((cell) => cell.kind === kind).map(({ events }) => events);
    if (counts[0]) legend.append("1", make("i"), `${number(Math.max(...counts))} in a cell`);
    const [name, lines] = entries(data);
    summary.textContent = name;
    list.append(...lines.map((line) => make("li", {}, line)));
  }

  const host = make("div");
  host.dataset.spIgnore = "";
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  root.append(screen.canvas, bar);
  for (const type of OURS) host.addEventListener(type, (event) => event.stopPropagation());
  document.documentElement.append(host);
  bar.focus({ preventScroll: true });
  return {
    kind: () => kind,
    device: () => device.value,
    period: () => +period.value,
    say,
    show,
    remove: () => host.remove(),
  };
}
