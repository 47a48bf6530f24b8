/** What the core and its modules know of each other. A module imports nothing of the core. */

export type Fields = Record<string, unknown>;

/** Which path of the gateway an event goes to. */
export type Stream = "activity" | "heatmap" | "experiment";

/** An activity event as it was told, with the id that every platform is given. */
export interface Told {
  /** The activity type, or the name of a custom event. */
  name: string;
  /** `purchase:<order_id>` where there is an order, else the event's id. */
  id: string;
  fields: Fields;
}

export type ConsentState = "granted" | "denied" | "unknown";

export interface Consent {
  analytics: ConsentState;
  marketing: ConsentState;
}

/** What the core hands to a module. */
export interface Core {
  /** The script tag's `data-` attributes, as `dataset` names them. */
  settings: DOMStringMap;
  /** The address of the gateway, with its path prefix and a slash at the end. */
  host: string;
  /** What each event of this moment says: store, session, visitor, consent, page and view. */
  context(): Fields;
  /** Puts an event into the queue. `urgent`: it leaves at once. */
  add(stream: Stream, event: Fields, urgent?: boolean): void;
  /** Listens before the page's own listeners; what it throws stays here. */
  on(target: EventTarget, type: string, listener: (event: Event) => void): void;
  /** Tells of each activity event: those of before first, the oldest first. */
  hear(listener: (told: Told) => void): void;
  consent(): Consent;
}

/** What a module exports as `start`. */
export type Start = (core: Core) => void;
