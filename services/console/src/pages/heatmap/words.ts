/** Elements and pages in words. Selectors are untrusted text: the caller must escape them. */

import { formatCount } from "~/format/numbers";
import type { Clicked, Device, Kind, Picture } from "./queries";

export const KIND_NAMES: Record<Kind, string> = { click: "Clicks", hover: "Hovers", scroll: "Scroll" };
export const DEVICE_NAMES: Record<Device, string> = { desktop: "Desktop", tablet: "Tablet", mobile: "Mobile", all: "All" };
export const NO_ELEMENT = "(no element named)";

/** The last part of a selector: the element itself. */
export function shortOf(selector: string): string {
  if (!selector) return NO_ELEMENT;
  // Do not split at combinators inside attributes or brackets.
  const parts = selector.match(/(?:\[[^\]]*\]|\([^)]*\)|[^\s>+~])+/g);
  return parts?.at(-1) ?? selector;
}

export function countOf(one: Clicked, kind: Kind): number {
  return kind === "hover" ? one.hovers : one.clicks;
}

export function hasTrouble(one: Clicked): boolean {
  return one.rage_clicks > 0 || one.dead_clicks > 0;
}

/** "640 clicks, none did anything". */
export function markOf(one: Clicked, kind: Kind): string {
  const count = countOf(one, kind);
  const counted = `${formatCount(count)} ${kind}${count === 1 ? "" : "s"}`;
  if (kind === "hover") return counted;
  const dead = one.dead_clicks === 0 ? "" : one.dead_clicks >= one.clicks ? ", none did anything" : `, ${formatCount(one.dead_clicks)} did nothing`;
  return `${counted}${dead}${one.rage_clicks ? `, ${formatCount(one.rage_clicks)} in rage` : ""}`;
}

/** The elements of the list, most events first. */
export function listOf(elements: readonly Clicked[], kind: Kind, onlyTrouble: boolean): Clicked[] {
  const found = elements.filter((one) => countOf(one, kind) > 0 && (!onlyTrouble || hasTrouble(one)));
  return kind === "hover" ? found.sort((one, other) => other.hovers - one.hovers) : found;
}

/** Whether a page stands for many, such as /products/*. */
export function isPattern(page: string): boolean {
  return !page.startsWith("/") || page.includes("*");
}

/** The address of a page of a shop; null if it cannot be derived from the pattern. */
export function addressOf(domain: string | null, page: string): string | null {
  return domain && !isPattern(page) ? `https://${domain}${page}` : null;
}

/** Events of all devices are drawn over the desktop picture. */
export function pictureDevice(device: Device): Picture["device"] {
  return device === "all" ? "desktop" : device;
}
