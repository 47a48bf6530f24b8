/** The order of a list: `sort=-views` in the URL, a column and a direction for the API. */

import { useChoice } from "./search";

export interface Sorting<By extends string> {
  /** "-views" is downwards. */
  sort: string;
  setSort: (sort: string) => void;
  query: { sort: By; order: "asc" | "desc" };
}

export function useSorting<By extends string>(columns: readonly By[], standard: By | `-${By}`): Sorting<By> {
  const choices = columns.flatMap((column) => [column, `-${column}`]);
  const [sort, setSort] = useChoice<string>("sort", choices, standard);
  const by = sort.replace(/^-/, "") as By;
  return { sort, setSort, query: { sort: by, order: sort.startsWith("-") ? "desc" : "asc" } };
}
