/** A reader's preferences, kept on this machine: theme, store, sort. Never secrets or searches. */

type Liking = "theme" | "store" | "keys" | `sort.${string}`;

export function recall(name: Liking): string | null {
  try {
    return localStorage.getItem(`storepulse.${name}`);
  } catch {
    return null; // storage is switched off
  }
}

export function remember(name: Liking, value: string): void {
  try {
    localStorage.setItem(`storepulse.${name}`, value);
  } catch {
    // Storage is off or full: the choice lasts until the page is left.
  }
}
