/** J, K and the arrows move through the list's rows; O opens the focused one. */

import type { RefObject } from "react";
import { useKeys } from "~/shell/keys";

export function openersOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[data-opener]") ?? [])];
}

export function useListKeys(list: RefObject<HTMLElement | null>): void {
  const move = (step: 1 | -1, always: boolean) => {
    const openers = openersOf(list.current);
    const at = openers.indexOf(document.activeElement as HTMLElement);
    if (openers.length === 0 || (at < 0 && !always)) return false;
    const current = at < 0 ? openers.findIndex((one) => one.getAttribute("aria-current") === "true") : at;
    const next = current < 0 ? (step === 1 ? 0 : openers.length - 1) : Math.min(openers.length - 1, Math.max(0, current + step));
    openers[next]?.focus();
    return true;
  };
  useKeys({
    j: () => move(1, true),
    k: () => move(-1, true),
    ArrowDown: () => move(1, false),
    ArrowUp: () => move(-1, false),
    o: () => {
      const focused = document.activeElement as HTMLElement | null;
      if (!focused?.dataset.opener || !list.current?.contains(focused)) return false;
      focused.click();
      return true;
    },
  });
}
