/** Tells the gateway what a visitor sees and does in tests. Nothing here throws. */

import { exposureOf } from "../experiments/exposures";
import { isRobotOrHeadless } from "../experiments/visit";
import { isTestId } from "./gateway";
import { Outbox, findTracker, type ExperimentEvent } from "./outbox";
import type { PageVisitor } from "./page_visitor";
import type { Assignment, ConsentAnswer, Conversion, EventDetails } from "./types";

/** What waits for consent is bounded: a page may stay open for days. */
const MOST_HELD = 500;

export class Teller {
  #held: ExperimentEvent[] = [];
  #outbox: Outbox | undefined;

  constructor(
    private readonly visitor: PageVisitor,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Tells that the visitor sees a variant, once a page. */
  expose(testId: string, { variant, phase }: Assignment): void {
    const { unit } = this.visitor;
    if (phase === null || !unit || isRobotOrHeadless() || this.visitor.answer === "denied") return;
    const exposure = exposureOf(testId, unit, phase, variant);
    if (exposure) this.#tell({ ...exposure });
  }

  convert(testId: string, conversion: number | string | Conversion | undefined): void {
    const said = typeof conversion === "object" && conversion ? conversion : { value: conversion };
    const value = said.value as number | string | undefined;
    this.#tell({ event_type: "Conversion", test_id: testId, value, ...fieldsOf(said) });
  }

  measure(testId: string, metric: string, value: number | string, details?: EventDetails): void {
    const fields = fieldsOf(details ?? {});
    this.#tell({ event_type: "Metric", test_id: testId, metric, value, ...fields });
  }

  /** Takes the visitor's answer, and sends or drops what waited for it. */
  setConsent(answer: ConsentAnswer | undefined): void {
    this.visitor.consent = answer;
    this.#release();
  }

  /** The tracker's cookie may say it too, so each event looks. */
  #release(): void {
    if (!this.#held.length || this.visitor.answer === "pending") return;
    this.visitor.keep();
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#tell(event);
  }

  #tell(event: ExperimentEvent): void {
    try {
      this.#release();
      const { answer, settings, unit, fields } = this.visitor;
      if (!settings || !unit || answer === "denied" || !isTestId(event.test_id)) return;
      const { event_type: kind, test_id: testId, ...own } = event;
      const tracker = this.visitor.isTrackers ? findTracker() : null;
      if (tracker) tracker.tell(kind, testId, own);
      else if (answer === "granted") this.#outboxOf(settings).add(event, fields);
      else if (this.#held.length < MOST_HELD) {
        this.#held.push({ timestamp: Date.now(), ...event });
      }
    } catch {
      // The event is lost; the page goes on.
    }
  }

  #outboxOf({ host, key }: { host: string; key: string | undefined }): Outbox {
    const address = `${host}api/ab-testing/events${key ? `?key=${encodeURIComponent(key)}` : ""}`;
    this.#outbox ??= new Outbox({ address, fetch: this.fetch });
    return this.#outbox;
  }
}

/** Details by the gateway's names. */
function fieldsOf({ currency, orderId, metadata }: EventDetails): object {
  return { currency, order_id: orderId, metadata };
}
