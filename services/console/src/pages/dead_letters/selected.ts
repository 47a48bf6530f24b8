/** Letters that are selected for an act on several of them. */

import { useCallback, useState } from "react";
import { useKeys } from "~/shell/keys";

export interface Selected {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  clear: () => void;
}

/** The letter of the focused row, or the one whose detail is open. */
export function letterAtHand(row: string | undefined): string | null {
  const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("[data-letter]")?.dataset.letter;
  return focused ?? row ?? null;
}

/** X selects a letter, ⇧X all between it and the one selected before. When `of` changes, the selection is
 * cleared. */
export function useSelected(row: string | undefined, of: string): Selected {
  const [state, setState] = useState({ of, ids: new Set<string>() as ReadonlySet<string>, last: "" });
  const current = state.of === of ? state : { of, ids: new Set<string>() as ReadonlySet<string>, last: "" };
  const toggle = useCallback(
    (id: string) =>
      setState((old) => {
        const ids = new Set(old.of === of ? old.ids : []);
        if (!ids.delete(id)) ids.add(id);
        return { of, ids, last: id };
      }),
    [of],
  );
  const range = (id: string) => {
    const all = [...document.querySelectorAll<HTMLElement>("[data-letter]")].map((one) => one.dataset.letter!);
    const [from, to] = [all.indexOf(current.last), all.indexOf(id)].sort((a, b) => a - b);
    if (from === undefined || to === undefined || from < 0) return toggle(id);
    setState({ of, ids: new Set([...current.ids, ...all.slice(from, to + 1)]), last: id });
  };
  const onHand = (act: (id: string) => void) => () => {
    const id = letterAtHand(row);
    if (id === null) return false;
    act(id);
    return true;
  };
  useKeys({ x: onHand(toggle), "Shift+x": onHand(range) });
  return { ids: current.ids, toggle, clear: () => setState({ of, ids: new Set(), last: "" }) };
}
