/** Elements of the page by the selectors of events, which anybody may have made up. */

const MOST = 50;

/** The elements that are meant; none where it is no selector, or nothing of the kind is there. */
export function findElements(selector: string): Element[] {
  try {
    return [...document.querySelectorAll(selector)].slice(0, MOST);
  } catch {
    return [];
  }
}

/** A selector as text in which nothing is hidden and nothing turns the words around. */
export function readable(selector: string): string {
  const shown = selector.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (sign) => `U+${sign.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  return shown || "(no element named)";
}
