/**
 * Page views, also of shops that change pages without loading them. Routers replace the address for
 * filters and while they start: that is a new page only where its path differs.
 */

import { pageUrl, view } from "./events";
import { on } from "./safe";

let seen = "";
let isPushed = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Several changes in one task are one page, with the last address and the new title. */
function change(isNew: boolean): void {
  isPushed ||= isNew;
  timer ??= setTimeout(decide);
}

function decide(): void {
  const before = seen;
  const significant = (url: string) => (isPushed ? url : url.split("?")[0]);
  seen = pageUrl();
  const isView = significant(seen) !== significant(before);
  isPushed = false;
  timer = undefined;
  if (isView) view({ referrer: before });
}

export function watchPages(): void {
  seen = pageUrl();
  view({ referrer: document.referrer });
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = (...values) => {
      original.apply(history, values);
      change(name === "pushState");
    };
  }
  on(window, "popstate", () => change(true));
  on(window, "pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) view();
  });
}
