/**
 * The panel. Text is set as text and styles are adopted, so no policy of the page stands in its way,
 * and nothing that an event says can become markup.
 */

import type { Exchange } from "./exchange";
import type { Problem } from "./judge";
import { STYLE } from "./style";

const MOST_SHOWN = 50;

export interface Panel {
  show(problems: Problem[], exchanges: Exchange[], isWaiting: boolean): void;
}

export function openPanel(report: () => string): Panel {
  const place = document.createElement("storepulse-debug");
  const root = place.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const section = make("section", "");
  section.setAttribute("aria-label", "Storepulse: installation check");
  const header = make("header", "");
  header.append(
    make("h1", "Storepulse"),
    button("Copy", () => navigator.clipboard?.writeText(report())),
    button("Close", () => place.remove()),
  );
  const body = make("div", "");
  section.append(header, body);
  root.append(section);
  document.documentElement.append(place);
  return {
    show(problems, exchanges, isWaiting) {
      const heading = problems.length ? `What is wrong (${problems.length})` : "What is wrong";
      body.replaceChildren(
        make("h2", heading),
        list(problems.length ? problems.map(problemItem) : [item(nothing(exchanges, isWaiting))]),
        make("h2", "Events"),
        list(eventItems(exchanges)),
        make("h2", "Requests"),
        list(exchanges.slice(-MOST_SHOWN).reverse().map(requestItem)),
      );
    },
  };
}

function nothing(exchanges: Exchange[], isWaiting: boolean): HTMLElement {
  if (exchanges.some((one) => one.status === 202)) {
    return make("p", "Nothing. Events arrive.", "good");
  }
  return make("p", isWaiting ? "Nothing so far. Events leave within five seconds." : "Nothing so far.");
}

function problemItem({ text, cure }: Problem): HTMLElement {
  return item(make("p", text, "bad"), make("p", cure, "cure"));
}

function eventItems(exchanges: Exchange[]): HTMLElement[] {
  const events = exchanges.flatMap((exchange) => exchange.events);
  return events
    .slice(-MOST_SHOWN)
    .reverse()
    .map(({ name, id, outcome, why }) => {
      const looks = { accepted: "good", refused: "bad", waiting: "" };
      const said = make("p", `${name}: ${outcome}${why ? `, ${why}` : ""}`, looks[outcome]);
      return item(said, make("p", id, "id"));
    });
}

function requestItem({ path, via, status, cause, isOut, events }: Exchange): HTMLElement {
  const sent = isOut === undefined ? "under way" : isOut ? "left" : "did not leave";
  const answer = via === "beacon" ? sent : (cause ?? (status === null ? "under way" : `${status}`));
  return item(make("p", `${answer} · ${events.length} by ${via}`), make("p", path, "id"));
}

function list(items: HTMLElement[]): HTMLElement {
  const made = make("ul", "");
  made.append(...(items.length ? items : [item(make("p", "None so far.", "cure"))]));
  return made;
}

function item(...parts: HTMLElement[]): HTMLElement {
  const made = make("li", "");
  made.append(...parts);
  return made;
}

function button(text: string, act: () => void): HTMLElement {
  const made = make("button", text);
  made.setAttribute("type", "button");
  made.addEventListener("click", act);
  return made;
}

function make(tag: string, text: string, look = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (look) made.className = look;
  return made;
}
