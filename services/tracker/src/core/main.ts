/** The tracker's core: reads its script tag, fills `window.storepulse` and starts. */

import type { Core, Start } from "../module";
import { watchClicks } from "./clicks";
import { host, settings } from "./config";
import { type Choice, choose, consent, isAllowed } from "./consent";
import { context, identify, OVERLAY, track, view } from "./events";
import { watchPages } from "./pages";
import { add, flush, leave, resume } from "./queue";
import { on, safe } from "./safe";
import { hear } from "./told";

/** The hash in the names of the modules' files; the build puts it in. */
declare const MODULES_HASH: string;

type Call = [name: string, ...values: never[]];
type Api = { q: Call[]; version?: number } & Record<string, unknown>;

const MODULES = ["pixels", "heatmap", "experiments", "vitals"];
const core: Core = { settings, host, context, add, on, hear, consent };
const methods: Record<string, (...values: never[]) => void> = {
  track,
  identify,
  page: view,
  purchase: (fields) => track("purchase", fields),
  consent: (choice: Choice) => {
    choose(choice);
    follow();
  },
};

function load(name: string): void {
  import(`${host}tracker/${name}.${MODULES_HASH}.js`)
    .then(({ start }: { start: Start }) => start(core))
    .catch(() => {});
}

/** Does what the visitor's consent now allows, and forgets what it denies. */
function follow(): void {
  if (isAllowed()) {
    for (const name of MODULES.splice(0)) if (name in settings) load(name);
  }
  flush();
}

function run([name, ...values]: Call): void {
  safe(methods[name]!)(...values);
}

function start(): void {
  // A visitor's choice goes first, whatever the page called before it.
  const calls = api.q.splice(0).filter((call) => call[0] !== "consent" || run(call));
  follow(); // what is stored goes before this page's events
  watchPages();
  calls.forEach(run);
  // From now on, calls of the page's stub run at once: it may have kept its functions.
  api.q.push = run as never;
  watchClicks();
  on(document, "visibilitychange", () => (document.hidden ? leave() : follow()));
  on(window, "pagehide", leave);
  on(window, "online", resume);
}

const api = ((window as unknown as { storepulse?: Api }).storepulse ??= {} as Api);

// The tag may stand twice on the page.
if (!api.version) {
  api.version = 1;
  if (/storepulse_debug=/.test(location.search)) load("debug"); // before anything can fail
  api.q ??= [];
  for (const name in methods) api[name] ??= (...values: never[]) => api.q.push([name, ...values]);
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    on(document, "prerenderingchange", start);
  } else if (isSecureContext) {
    start();
  }
  // Last, because sessionStorage throws in a sandboxed frame.
  if (OVERLAY.test(location.hash) || sessionStorage["sp.overlay"]) load("overlay");
}
