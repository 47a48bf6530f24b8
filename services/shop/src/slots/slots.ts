/** The slots of the shop's pages: what each block is, where it stands, and what it says. Whoever
 * writes them is no programmer of the shop, so all they say is text until it is looked at. */

export interface Slot {
  slot_id: string;
  component: string;
  position: number;
  enabled: boolean;
  props: Record<string, unknown>;
}

/** A page as its visitor gets it. */
export interface ShownPage {
  page_type: string;
  slug: string;
  slots: readonly Slot[];
  /** An author looks at a variant: nobody is drawn and counted. */
  is_preview: boolean;
  /** What is shown of each test, by its id. */
  variants: Readonly<Record<string, string>>;
}

const MOST_TEXT = 2_000;

/** A property as text: numbers too, and nothing else. */
export function textOf(value: unknown, otherwise = ""): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : otherwise;
}

/** A property as a whole number in a range. */
export function countOf(value: unknown, otherwise: number, most: number): number {
  if (typeof value !== "number" || !Number.isFinite(value)) return otherwise;
  return Math.min(most, Math.max(0, Math.round(value)));
}

/** The slots that visitors see, in their order; of two at one position the page's own comes first. */
export function drawnSlots(slots: readonly Slot[]): Slot[] {
  return slots.filter((slot) => slot.enabled).sort((a, b) => a.position - b.position);
}

/** What was handed over, as far as it is slots. */
export function slotsIn(value: unknown): Slot[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 200).flatMap((one: Partial<Slot> | null) => {
    if (typeof one?.slot_id !== "string" || typeof one.component !== "string") return [];
    const props = typeof one.props === "object" && one.props !== null ? one.props : {};
    const position = Number.isFinite(one.position) ? Number(one.position) : 0;
    const { slot_id, component } = one;
    return [{ slot_id, component, position, enabled: one.enabled !== false, props }];
  });
}
