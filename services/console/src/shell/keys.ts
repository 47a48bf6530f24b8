/** Single keys and two-key sequences. They are off in fields, and if the reader has switched them off. */

import { useEffect, useRef } from "react";
import { recall, remember } from "~/state/memory";

/** Returns false if it did nothing, so that the next handler gets the key. */
export type KeyAct = () => unknown;
export type KeyMap = Record<string, KeyAct>;

/** The name of the key in "mod+k" on this machine. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

const SEQUENCE_TIME = 1200;
const maps = new Set<{ current: KeyMap }>();
let first: { key: string; at: number } | null = null;

/** `j`, `Shift+R`, `g o` (one after the other), `mod+k` (⌘ or Ctrl; works in fields too). The component that
 * registered last has precedence. */
export function useKeys(map: KeyMap): void {
  const current = useRef(map);
  useEffect(() => {
    current.current = map;
  });
  useEffect(() => {
    maps.add(current);
    return () => {
      maps.delete(current);
    };
  }, []);
}

export function singleKeysAreOn(): boolean {
  return recall("keys") !== "off";
}

export function switchSingleKeys(on: boolean): void {
  remember("keys", on ? "on" : "off");
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest("input, textarea, select, [contenteditable=true], [role=listbox], [role=radiogroup], [role=dialog]"));
}

/** The name of the pressed key, such as "Shift+d" or "mod+k". */
export function nameOf(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = /^[a-z]$/.test(key);
  const shift = event.shiftKey && (isLetter || key.length > 1) ? "Shift+" : "";
  return `${event.metaKey || event.ctrlKey ? "mod+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const hasModifier = name.startsWith("mod+");
  if (!hasModifier && (isTyping(event.target) || !singleKeysAreOn())) return;
  const isSecond = first !== null && event.timeStamp - first.at < SEQUENCE_TIME;
  const tried = isSecond ? [`${first!.key} ${name}`, name] : [name];
  first = hasModifier ? null : { key: name, at: event.timeStamp };
  for (const one of tried) {
    for (const map of [...maps].reverse()) {
      const act = map.current[one];
      if (act && act() !== false) {
        event.preventDefault();
        if (one.includes(" ")) first = null;
        return;
      }
    }
  }
}

/** Starts to listen; called once, by the shell. */
export function hearKeys(): () => void {
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** Does what a key would do, for the palette. */
export function pressKey(name: string): void {
  for (const map of [...maps].reverse()) {
    const act = map.current[name];
    if (act && act() !== false) return;
  }
}
