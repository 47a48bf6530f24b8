/** One connection to the stream, made again when it breaks. It continues after the last event
 * (Last-Event-ID). A hidden tab has no connection. */

import { ApiError } from "~/api/errors";
import { CONSOLE_HEADER } from "~/api/client";
import { type Message, makeParser } from "./sse";

export type Connection =
  | { state: "connecting" | "open" | "hidden" }
  /** `at`: when the next attempt is made, in epoch milliseconds. */
  | { state: "waiting"; at: number; why: string }
  /** Not retried: signed out, or not allowed. */
  | { state: "refused"; error: ApiError };

interface Options {
  query: string;
  onMessage: (message: Message) => void;
  onChange: (connection: Connection) => void;
  /** Called when the session has ended. */
  onSignedOut: () => void;
}

/** Seconds until the next attempt, by the number of failed ones. */
const WAITS = [1, 2, 5, 10, 20, 30];
/** The stream sends something every second; one that is silent for longer is broken, in milliseconds. */
const SILENT = 20_000;
/** How long a tab may be hidden before its stream is closed, in milliseconds. */
const HIDDEN = 3000;

/** Starts to listen. `stop` ends the connection, `retry` makes an attempt at once. */
export function listen(options: Options): { stop: () => void; retry: () => void } {
  let lastId: string | null = null;
  let failures = 0;
  let timer = 0;
  let abort: AbortController | null = null;
  let isStopped = false;
  let state: Connection["state"] = "connecting";

  function tell(connection: Connection) {
    state = connection.state;
    if (!isStopped) options.onChange(connection);
  }

  async function open() {
    clearTimeout(timer);
    abort?.abort();
    const own = (abort = new AbortController());
    tell({ state: "connecting" });
    try {
      const end = await read(own);
      if (own.signal.aborted) return;
      if (end === "access") return void (await open());
      wait(end === "stopping" ? "The query service restarts." : "The connection broke off.");
    } catch (error) {
      if (own.signal.aborted) return;
      const known = error instanceof ApiError ? error : null;
      if (known?.isFinal) {
        if (known.status === 401) options.onSignedOut();
        return tell({ state: "refused", error: known });
      }
      wait(known && known.status > 0 ? known.message : "The query service does not answer.");
    }
  }

  /** Reads until the stream ends. Returns the reason that the server gave. */
  async function read(own: AbortController): Promise<string> {
    const headers: Record<string, string> = { ...CONSOLE_HEADER, Accept: "text/event-stream" };
    if (lastId !== null) headers["Last-Event-ID"] = lastId;
    const answer = await fetch(`/api/analytics/live${options.query}`, { headers, signal: own.signal, cache: "no-store" });
    if (!answer.ok || !answer.body) {
      const body = await answer.json().catch(() => null);
      throw new ApiError("/api/analytics/live", answer.status, body, answer.headers.get("X-Request-Id"));
    }
    const parse = makeParser();
    const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let silence = 0;
    try {
      for (;;) {
        silence = window.setTimeout(() => void text.cancel().catch(() => undefined), SILENT);
        const { done, value } = await text.read();
        clearTimeout(silence);
        if (done || own.signal.aborted) return "";
        for (const message of parse(value)) {
          if (message.kind === "end") return endOf(message);
          if (message.id !== null) lastId = message.id;
          if (state !== "open") tell({ state: "open" });
          failures = 0;
          options.onMessage(message);
        }
      }
    } finally {
      clearTimeout(silence);
      void text.cancel().catch(() => undefined);
    }
  }
  function wait(why: string) {
    const seconds = WAITS[Math.min(failures, WAITS.length - 1)]!;
    failures += 1;
    tell({ state: "waiting", at: Date.now() + seconds * 1000, why });
    timer = window.setTimeout(() => void open(), seconds * 1000);
  }

  function onVisibility() {
    clearTimeout(timer);
    if (state === "refused") return;
    if (document.visibilityState === "visible") {
      if (state !== "open") void open();
    } else {
      timer = window.setTimeout(() => {
        abort?.abort();
        tell({ state: "hidden" });
      }, HIDDEN);
    }
  }

  /** The network is back: retry at once, but only if a retry is pending. */
  function onOnline() {
    if (state === "waiting" && document.visibilityState === "visible") void open();
  }

  document.addEventListener("visibilitychange", onVisibility);
  addEventListener("online", onOnline);
  void open();
  return {
    retry: () => void open(),
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      abort?.abort();
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("online", onOnline);
    },
  };
}

function endOf(message: Message): string {
  try {
    return String((JSON.parse(message.data) as { reason?: unknown }).reason ?? "");
  } catch {
    return "";
  }
}
