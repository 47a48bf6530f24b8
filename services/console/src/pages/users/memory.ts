/** What the list of users leaves to come back to. It is kept in this tab's memory alone: what people are
 * called never stands in an address or in storage. */

interface Kept {
  store: string;
  /** What was searched for. */
  words: string;
  /** The people of the list's page, in its order. */
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

/** Who stands before and behind a person in the list that it was opened from. */
export function neighboursOf(store: string, id: string): { isListed: boolean; before: string | null; behind: string | null } {
  const at = kept.store === store ? kept.ids.indexOf(id) : -1;
  return { isListed: at >= 0, before: (at > 0 && kept.ids[at - 1]) || null, behind: (at >= 0 && kept.ids[at + 1]) || null };
}
