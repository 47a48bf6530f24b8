/** The order of a list: `sort=-views` in the URL, a column and a direction for the API. Without it, the
 * order that was last chosen on this machine. */

import { recall, remember } from "./memory";
import { usePageSearch } from "./search";

export interface Sorting<By extends string> {
  /** "-views" is descending. */
  sort: By | `-${By}`;
  setSort: (sort: string) => void;
  query: { sort: By; order: "asc" | "desc" };
}

/** The first of these orders that the list supports. */
export function sortOf<By extends string>(columns: readonly By[], standard: By | `-${By}`, ...asked: (string | null | undefined)[]): By | `-${By}` {
  const choices = columns.flatMap((column) => [column, `-${column}` as const]);
  for (const one of asked) {
    const found = choices.find((choice) => choice === one);
    if (found !== undefined) return found;
  }
  return standard;
}

/** `list` is the list's name in this machine's memory. */
export function useSorting<By extends string>(list: string, columns: readonly By[], standard: By | `-${By}`): Sorting<By> {
  const [search, change] = usePageSearch();
  const sort = sortOf(columns, standard, search.sort, recall(`sort.${list}`));
  const by = sort.replace(/^-/, "") as By;
  return {
    sort,
    setSort: (next) => {
      remember(`sort.${list}`, next);
      change({ sort: next });
    },
    query: { sort: by, order: sort.startsWith("-") ? "desc" : "asc" },
  };
}
