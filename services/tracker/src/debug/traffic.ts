/**
 * Watches what the page sends to the gateway. Only with `storepulse_debug` in the address: it stands
 * before the page's `fetch` and `sendBeacon`, which do what they did, with the same values.
 */

import { type Cause, type Exchange, eventsOf, type Said, settle } from "./exchange";

const BEACON_MS = 10_000;

/** Calls `changed` for each exchange that begins and each that goes on. */
export function watchTraffic(host: string, changed: (exchange: Exchange) => void): void {
  const fetchBefore = window.fetch;

  const begin = (address: string, via: Exchange["via"], body: unknown): Exchange => {
    const path = address.slice(host.length - 1).split("?")[0]!;
    const exchange: Exchange = { path, via, events: eventsOf(body), status: null };
    changed(exchange);
    return exchange;
  };

  window.fetch = function (this: unknown, ...values) {
    const [to, init] = values;
    const answer = fetchBefore.apply(window, values);
    const address = new URL(to instanceof Request ? to.url : `${to}`, document.baseURI).href;
    if (address.startsWith(host) && init?.method === "POST") {
      const exchange = begin(address, "fetch", init.body);
      answer
        .then(
          (found) => read(exchange, found.clone()),
          async () => {
            exchange.status = 0;
            exchange.cause = await causeOf(fetchBefore, host, address);
          },
        )
        .finally(() => changed(exchange));
    }
    return answer;
  };

  const beaconBefore = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    const isQueued = beaconBefore(url, body);
    const address = new URL(url, document.baseURI).href;
    if (address.startsWith(host)) {
      const exchange = begin(address, "beacon", body);
      watchBeacon(exchange, address, isQueued, changed);
    }
    return isQueued;
  };
}

async function read(exchange: Exchange, answer: Response): Promise<void> {
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (date) exchange.ahead = Date.now() - date;
  exchange.retryAfter = answer.headers.get("retry-after") ?? undefined;
  const said: Said = await answer.json().catch(() => ({}));
  settle(exchange, answer.status, said);
}

/**
 * Tells apart what a failed request hides from the page. A request whose answer nobody may read
 * succeeds where the gateway answers at all, and fails where an ad blocker stops it.
 */
async function causeOf(send: typeof fetch, host: string, address: string): Promise<Cause> {
  if (!navigator.onLine) return "offline";
  const isLetOut = (url: string, init: RequestInit) =>
    send.call(window, url, { ...init, mode: "no-cors", cache: "no-store" }).then(
      () => true,
      () => false,
    );
  if (await isLetOut(address, { method: "POST", body: "{}" })) return "origin";
  return (await isLetOut(`${host}tracker.js`, {})) ? "blocked" : "unreachable";
}

/** A beacon that left is among the page's resources, whatever it was answered. */
function watchBeacon(
  exchange: Exchange,
  address: string,
  isQueued: boolean,
  changed: (exchange: Exchange) => void,
): void {
  if (!isQueued) {
    exchange.isOut = false;
    changed(exchange);
    return;
  }
  const observer = new PerformanceObserver((list) => {
    const found = list.getEntriesByName(address)[0] as PerformanceResourceTiming | undefined;
    if (found) end(found.responseStatus !== 0 || found.transferSize > 0 || found.duration > 0);
  });
  const timer = setTimeout(() => end(false), BEACON_MS);
  const end = (isOut: boolean) => {
    clearTimeout(timer);
    observer.disconnect();
    exchange.isOut = isOut;
    changed(exchange);
  };
  observer.observe({ type: "resource", buffered: true });
}
