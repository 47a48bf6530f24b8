/** The URL has every choice: plain `name=value` pairs, without defaults. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Record<string, string>;

/** Choices that are kept from page to page; all others belong to their page. */
export const SHARED = ["store", "p", "from", "to", "c"] as const;

export function readSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter(([, value]) => value != null && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

/** The choices that a link to another page keeps. */
export function sharedOf(search: Search): Search {
  return Object.fromEntries(SHARED.flatMap((name) => (search[name] ? [[name, search[name]]] : [])));
}

export type Changes = Record<string, string | null>;
export type ChangeSearch = (changes: Changes, options?: { replace?: boolean }) => void;

/** The URL's choices, and a function that changes them: null removes one. A choice adds a history entry;
 * typing replaces the current one. */
export function usePageSearch(): [Search, ChangeSearch] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback<ChangeSearch>(
    (changes, options) => {
      void navigate({
        to: ".",
        replace: options?.replace ?? false,
        resetScroll: false,
        search: (old: Search) => changed(old, changes) as never,
      });
    },
    [navigate],
  );
  return [search, change];
}

/** A changed choice resets lists to their first page, unless it is the page itself. */
export function changed(search: Search, changes: Changes): Search {
  const next = { ...search };
  if (!("cur" in changes) && !onlyOpens(changes)) {
    delete next.cur;
    delete next.back;
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete next[name];
    else next[name] = value;
  }
  return next;
}

function onlyOpens(changes: Changes): boolean {
  return Object.keys(changes).every((name) => name === "row" || name === "m" || name === "b");
}

/** One choice of a page. A value that is not in `choices` counts as absent. */
export function useChoice<Value extends string>(
  name: string,
  choices: readonly Value[],
  standard: Value,
): [Value, (value: Value) => void] {
  const [search, change] = usePageSearch();
  const given = search[name] as Value | undefined;
  const value = given !== undefined && choices.includes(given) ? given : standard;
  return [value, (next) => change({ [name]: next === standard ? null : next })];
}

/** An act that a link asks the page to begin, `do=make-key`; and a function that removes it, when it is done
 * or left. */
export function useWanted(act: string): [boolean, () => void] {
  const [search, change] = usePageSearch();
  const isWanted = search.do === act;
  return [isWanted, () => isWanted && change({ do: null }, { replace: true })];
}

/** One filter of a page, `f.<name>` in the URL; null if it is not set. */
export function useFilter(name: string): [string | null, (value: string | null) => void] {
  const [search, change] = usePageSearch();
  const key = `f.${name}`;
  return [search[key] ?? null, (value) => change({ [key]: value })];
}
