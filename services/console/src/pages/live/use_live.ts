/** The stream for a page: rows are updated four times a second at most, the chart once. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { meQuery } from "~/api/session";
import { type Connection, listen } from "./connection";
import { EMPTY, type Gap, type LiveEvent, type LiveModel, type Pause, type RatesMessage, pause, restart, resume, stopPointing, takeEvents, takeGap, takeRates } from "./model";
import type { Message } from "./sse";

const DRAW = 250;

export interface Live {
  model: LiveModel;
  connection: Connection;
  /** Whether the list stays paused until the reader resumes it. */
  isPaused: boolean;
  pause: (why: Pause) => void;
  resume: () => void;
  stopPointing: () => void;
  retry: () => void;
}

/** `query` is the stream's query string, such as "?stream=cart". */
export function useLive(query: string): Live {
  const [model, setModel] = useState<LiveModel>(EMPTY);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const retry = useRef<() => void>(() => undefined);
  const queries = useQueryClient();

  useEffect(() => {
    let untold: Message[] = [];
    let timer = 0;
    function draw() {
      timer = 0;
      const messages = untold;
      untold = [];
      setModel((old) => messages.reduce(taken, old));
    }
    setModel(restart);
    const { stop, retry: again } = listen({
      query,
      onMessage: (message) => {
        untold.push(message);
        timer ||= window.setTimeout(draw, DRAW);
      },
      onChange: setConnection,
      onSignedOut: () => void queries.refetchQueries({ queryKey: meQuery.queryKey }),
    });
    retry.current = again;
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [query, queries]);

  return {
    model,
    connection,
    isPaused: model.held !== null && model.why !== "pointing",
    pause: useCallback((why) => setModel((old) => pause(old, why)), []),
    stopPointing: useCallback(() => setModel(stopPointing), []),
    resume: useCallback(() => setModel(resume), []),
    retry: useCallback(() => retry.current(), []),
  };
}

function taken(model: LiveModel, message: Message): LiveModel {
  const data: unknown = JSON.parse(message.data);
  if (message.kind === "events") return takeEvents(model, (data as { events: LiveEvent[] }).events);
  if (message.kind === "gap") return takeGap(model, data as Gap);
  if (message.kind === "rates") return takeRates(model, data as RatesMessage);
  return model;
}
