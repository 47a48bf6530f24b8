/** The promise of the product: "All events accounted for", or the difference in red. */
export function Foot() {
  return null;
}
