/** The tracker's core: reads its script tag, fills `window.storepulse` and starts. */

import type { Core, Start } from "../module";
import { watchClicks } from "./clicks";
import { host, settings } from "./config";
import { type Choice, choose, consent, isAllowed, isDenied } from "./consent";
import { context, forgetTold, hear, identify, track, view } from "./events";
import { watchPages } from "./pages";
import { add, flush, leave, resume } from "./queue";
import { on, safe } from "./safe";

declare const MODULE_FILES: Record<string, string>;

type Call = [name: string, ...values: never[]];
type Api = { q: Call[]; version?: string } & Record<string, unknown>;

const MODULES = ["pixels", "heatmap", "experiments", "vitals"];
const core: Core = { settings, host, context, add, on, hear, consent };
const loaded = new Set<string>();
const methods: Record<string, (...values: never[]) => void> = {
  track,
  identify,
  page: (fields) => view(undefined, fields),
  purchase: (fields) => track("purchase", fields),
  consent: (choice: Choice) => {
    choose(choice);
    follow();
  },
};

function load(name: string): void {
  if (loaded.has(name)) return;
  loaded.add(name);
  import(`${host}tracker/${MODULE_FILES[name]}`)
    .then(({ start }: { start: Start }) => start(core))
    .catch(() => {});
}

/** Does what the visitor's consent now allows, and forgets what it denies. */
function follow(): void {
  if (isDenied()) forgetTold();
  if (isAllowed()) MODULES.filter((name) => name in settings).forEach(load);
  flush();
}

function run([name, ...values]: Call): void {
  safe(methods[name]!)(...values);
}

function start(): void {
  const isConsent = ([name]: Call) => name === "consent";
  const calls = api.q.splice(0);
  // A visitor's choice goes first, whatever the page called before it.
  calls.filter(isConsent).forEach(run);
  follow(); // what is stored goes before this page's events
  watchPages();
  calls.filter((call) => !isConsent(call)).forEach(run);
  // From now on, calls of the page's stub run at once: it may have kept its functions.
  api.q.push = (...later) => {
    later.forEach(run);
    return 0;
  };
  watchClicks();
  on(document, "visibilitychange", () => (document.visibilityState === "hidden" ? leave() : follow()));
  on(window, "pagehide", leave);
  on(window, "online", resume);
}

const api: Api = ((window as unknown as { storepulse?: Api }).storepulse ??= { q: [] });

safe(() => {
  if (api.version) return; // the tag stands twice on the page
  api.version = "1";
  api.q ??= [];
  for (const name of Object.keys(methods)) {
    api[name] ??= (...values: never[]) => api.q.push([name, ...values]);
  }
  const { search, hash, protocol } = location;
  if (search.includes("storepulse_debug=1")) load("debug");
  if ((search + hash).includes("storepulse_overlay=")) load("overlay");
  if (!isSecureContext || !/^http/.test(protocol)) {
    api.q.push = () => 0; // events of plain http never leave, and need no room
  } else if ((document as Document & { prerendering?: boolean }).prerendering) {
    on(document, "prerenderingchange", start);
  } else {
    start();
  }
})();
