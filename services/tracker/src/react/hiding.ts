/**
 * How a page hides what it does not know yet, without a shift of what is around it.
 *
 * A page from the server is there before its script is, so an animation hides it and ends by
 * itself. Where styles are not allowed, or motion is switched off, it hides nothing: the visitor
 * sees control, and keeps it.
 */

import type { CSSProperties } from "react";
import { HIDDEN_MS } from "./client";

const NAME = "storepulse-hidden";
export const KEYFRAMES = `@keyframes ${NAME}{from,to{visibility:hidden}}`;

/** The element itself has no box: only what is inside it is laid out. */
export const SHOWN: CSSProperties = { display: "contents" };
export const HIDDEN: CSSProperties = { display: "contents", visibility: "hidden" };
export const HIDDEN_BY_ITSELF: CSSProperties = {
  display: "contents",
  animation: `${NAME} ${HIDDEN_MS}ms`,
};

/** For how many more milliseconds an element may be hidden; 0 where its children have been seen. */
export function hiddenFor(element: HTMLElement): number {
  if (!element.style.animationName) return HIDDEN_MS;
  const running = element.getAnimations?.()[0];
  return running ? HIDDEN_MS - Number(running.currentTime ?? 0) : 0;
}
