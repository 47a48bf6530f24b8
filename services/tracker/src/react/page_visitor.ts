/** Who is on the page: ids, consent, and what the gateway is told of the visit. */

import { unitOf } from "../assignment";
import { visitorOf } from "../experiments/visit";
import type { Asker } from "./gateway";
import { findSettings, type Settings } from "./settings";
import type { ConsentAnswer, Options } from "./types";
import { campaignOfVisit, keepVisitor, knownConsent, knownSession, knownVisitor, newId } from "./visitor";

export class PageVisitor {
  /** What the page says, where it asks for consent itself. */
  consent: ConsentAnswer | undefined;
  #settings: Settings | null = null;

  constructor(private readonly options: Options) {
    this.consent = options.consent;
  }

  /** The tracker's tag may come later than the first component. */
  get settings(): Settings | null {
    this.#settings ??= findSettings(this.options);
    return this.#settings;
  }

  get visitorId(): string | undefined {
    return statedVisitor(this.options) ?? knownVisitor();
  }

  get sessionId(): string | undefined {
    return this.options.sessionId ?? this.options.initial?.sessionId ?? knownSession();
  }

  /** Who is drawn; undefined where nobody is known. */
  get unit(): string | undefined {
    const { visitorId, sessionId } = this;
    return visitorId || sessionId ? unitOf(visitorId ?? null, sessionId ?? "") : undefined;
  }

  /** Whether something may be sent and kept. */
  get answer(): ConsentAnswer {
    if (this.consent) return this.consent;
    if (this.settings?.isRefused) return "denied";
    return knownConsent() ?? (this.settings?.isConsentRequired ? "pending" : "granted");
  }

  /** Gives a visitor without an id one, and keeps it for the next page. */
  keep(): void {
    if (this.answer === "granted") keepVisitor(this.visitorId ?? newId());
  }

  /** What the gateway is asked with. */
  get asker(): Asker {
    const { visitorId, sessionId, settings } = this;
    return {
      ...campaignOfVisit(),
      visitor_id: visitorId,
      session_id: sessionId,
      visitor: sessionId && visitorOf(visitorId, sessionId),
      page_type: settings?.pageType,
      slug: settings?.slug,
      key: settings?.key,
    };
  }

  /** What each event says of its visitor. */
  get fields(): object {
    const isStated = this.consent ?? knownConsent();
    return {
      store_id: this.settings?.storeId,
      visitor_id: this.visitorId,
      session_id: this.sessionId,
      ...(isStated === "granted" && { consent: { analytics: "granted" } }),
    };
  }

  /** Whether the tracker, which tells events by its cookie's visitor, would tell them of this one. */
  get isTrackers(): boolean {
    const stated = statedVisitor(this.options);
    return !stated || stated === knownVisitor();
  }
}

/** The visitor that the page or its server names. */
export function statedVisitor({ visitorId, initial }: Options): string | undefined {
  return visitorId ?? initial?.visitorId;
}
