"use client";
/** The provider, and the client of components that have none above them. */

import { createContext, useContext, useEffect, useState, type JSX, type ReactNode } from "react";
import { unitOf } from "../assignment";
import { drawnStates, ExperimentsClient, type TestState } from "./client";
import { statedVisitor } from "./page_visitor";
import type { ActiveTest, Assignment, Options } from "./types";

/** A client, and what the server's first page was made of. */
export interface Provided {
  readonly client: ExperimentsClient;
  readonly initial: ReadonlyMap<string, TestState>;
  /** The store's running tests, where the page was given them. */
  readonly tests: readonly ActiveTest[] | undefined;
}

const NOTHING: ReadonlyMap<string, TestState> = new Map();
const ProvidedContext = createContext<Provided | null>(null);
const clients = new Map<string, ExperimentsClient>();

export interface ProviderProps extends Options {
  children?: ReactNode;
}

/** Says where the gateway is, and hands on what the server knows. Options but `consent` are those of
 * the first render: what a visitor sees must not change. */
export function StorepulseProvider({ children, ...options }: ProviderProps): JSX.Element {
  const [provided] = useState(() => provide(options));
  const { consent } = options;
  useEffect(() => provided.client.teller.setConsent(consent), [provided, consent]);
  return <ProvidedContext.Provider value={provided}>{children}</ProvidedContext.Provider>;
}

/** What the nearest provider gives, else what the page itself says. */
export function useProvided(): Provided {
  const provided = useContext(ProvidedContext);
  const [fallback] = useState(() => provided ?? provide({}));
  return provided ?? fallback;
}

function provide(options: Options): Provided {
  return { client: clientOf(options), initial: initialStates(options), tests: options.initialTests };
}

/** A provider that is mounted again has the client of before, and shows what it showed. A server
 * has many visitors, so there each page has its own. */
function clientOf(options: Options): ExperimentsClient {
  if (typeof document === "undefined") return new ExperimentsClient(options);
  const name = JSON.stringify([options.host, options.storeId, options.publishableKey, statedVisitor(options)]);
  const client = clients.get(name) ?? new ExperimentsClient(options);
  clients.set(name, client);
  return client;
}

function initialStates(options: Options): ReadonlyMap<string, TestState> {
  const visitorId = statedVisitor(options);
  const { initial, initialTests } = options;
  if (!initial?.assignments && !initialTests) return NOTHING;
  const states = visitorId && initialTests ? drawnStates(options, unitOf(visitorId, "")) : [];
  const found = new Map<string, TestState>(states);
  for (const [testId, assignment] of Object.entries(initial?.assignments ?? {})) {
    if (isAssignment(assignment)) found.set(testId, { assignment, loading: false });
  }
  return found;
}

function isAssignment(value: Assignment | null | undefined): value is Assignment {
  return typeof value?.variant === "string";
}
