/** The state of the users list for coming back to it. It is kept in this tab's memory only, because names of
 * people must not be in a URL or in storage. */

interface Kept {
  store: string;
  /** The searched text. */
  words: string;
  /** The people of the list's current page, in order. */
  ids: readonly string[];
}

let kept: Kept = { store: "", words: "", ids: [] };

export function wordsOf(store: string): string {
  return kept.store === store ? kept.words : "";
}

export function keepWords(store: string, words: string): void {
  kept = { store, words, ids: [] };
}

export function keepList(store: string, ids: readonly string[]): void {
  kept = { store, words: wordsOf(store), ids };
}

/** The people before and after a person in the list from which that person was opened. */
export function neighboursOf(store: string, id: string): { isListed: boolean; before: string | null; behind: string | null } {
  const at = kept.store === store ? kept.ids.indexOf(id) : -1;
  return { isListed: at >= 0, before: (at > 0 && kept.ids[at - 1]) || null, behind: (at >= 0 && kept.ids[at + 1]) || null };
}
