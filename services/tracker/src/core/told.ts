/** Activity events for the modules, which come later than the first of them. */

import type { Told } from "../module";
import { safe } from "./safe";

type Listener = (told: Told) => void;

const MOST = 100;
const listeners: Listener[] = [];
let past: Told[] = [];

export function tell(told: Told): void {
  if (past.length < MOST) past.push(told);
  for (const listener of listeners) listener(told);
}

/** Tells of what has been told so far, and of all that comes. */
export function hear(listener: Listener): void {
  const listen = safe(listener);
  past.forEach(listen);
  listeners.push(listen);
}

/** What was told before a denial is no module's business after it. */
export function forgetTold(): void {
  past = [];
}
