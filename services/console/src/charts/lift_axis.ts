/** "+40%", "−2.5%", "0%". */
export function formatAxisLift(share: number): string {
  const percent = Math.round(Math.abs(share) * 1000) / 10;
  return `${share < 0 ? "−" : share > 0 ? "+" : ""}${percent}%`;
}
