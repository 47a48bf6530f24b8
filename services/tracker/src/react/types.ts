/** What the package takes and gives. Ids are texts; times are in milliseconds. */

import type { ActiveTest } from "../experiments/active";

export type { ActiveTest };

/** What a visitor gets of a test; plain data, so that a server can send it with its page. */
export interface Assignment {
  /** The variant's id; "control" where the gateway could not be asked. */
  readonly variant: string;
  readonly isControl: boolean;
  /** The phase that an exposure names; null for all who take no part, and are exposed to nothing. */
  readonly phase: number | null;
}

/** What a server knows of its visitor's tests: `getAssignments` makes it, the provider takes it. */
export interface InitialState {
  readonly visitorId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly assignments?: Readonly<Record<string, Assignment>> | undefined;
}

/** Whether events may be sent: "pending" holds them until it is "granted". */
export type ConsentAnswer = "granted" | "denied" | "pending";

export interface Options {
  /** The gateway's address, with its path prefix where it has one. */
  host?: string | undefined;
  storeId?: string | undefined;
  /** The key of the page, `spk_…`. */
  publishableKey?: string | undefined;
  /** Who is drawn; by default the tracker's visitor, or a new one. */
  visitorId?: string | undefined;
  sessionId?: string | undefined;
  /** The page, for tests that name some. */
  pageType?: string | undefined;
  slug?: string | undefined;
  /** What the server found; its visitor is taken where `visitorId` is not given. */
  initial?: InitialState | undefined;
  /** Running tests as the gateway lists them: what they alone decide is drawn at once. */
  initialTests?: readonly ActiveTest[] | undefined;
  /** By default what the tracker's cookie says, and its tag's `data-consent`. */
  consent?: ConsentAnswer | undefined;
  fetch?: typeof fetch | undefined;
}

/** What belongs to a conversion or a metric beside its value. */
export interface EventDetails {
  /** ISO 4217 code, where the value is money. */
  currency?: string;
  orderId?: string;
  metadata?: Record<string, unknown>;
}

export interface Conversion extends EventDetails {
  value?: number | string;
}

/** A test of a visitor. `Variant`: the ids of the test's variants. */
export interface ABTest<Variant extends string = string> {
  /** The variant to show; "control" while it is loading and where nothing is known. */
  readonly variant: Variant | "control";
  readonly isControl: boolean;
  readonly loading: boolean;
  /** Tells that the visitor did what the test is about: an amount, or more of it. */
  readonly trackConversion: (conversion?: number | string | Conversion) => void;
  readonly trackMetric: (name: string, value: number | string, details?: EventDetails) => void;
}

export interface ActiveTestsState {
  readonly activeTests: readonly ActiveTest[];
  readonly loading: boolean;
}
