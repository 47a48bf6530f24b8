/** An event as the page told it. */

export interface Told {
  readonly event_type: "PageView" | "AddToCart" | "Purchase";
  readonly event_data: Readonly<Record<string, unknown>>;
  /** What every platform gets: `purchase:<order_id>`, else the event's id. */
  readonly id: string;
  readonly timestamp: unknown;
}
