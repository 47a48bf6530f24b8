/** Ids whose order is that of their times, and names as the gateway spells them. */

const HEX = 16;

/** A UUIDv7 of a moment in milliseconds. */
export function newId(time = Date.now()): string {
  const hex = time.toString(HEX).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

/** The moment that a UUIDv7 was made in. */
export function timeOf(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), HEX);
}

/** `AddToCart` and `addToCart` are `add_to_cart`. */
export function snake(name: string): string {
  return name.replace(/\B[A-Z]/g, "_$&").toLowerCase();
}
