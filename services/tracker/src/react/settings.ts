/** Where the gateway is and whose events these are: said to the provider, else by the tracker's tag. */

import type { Options } from "./types";

export interface Settings {
  /** With a slash at its end. */
  host: string;
  storeId: string | undefined;
  key: string | undefined;
  /** Whether events wait until the visitor has agreed. */
  isConsentRequired: boolean;
  /** Whether the browser asks not to be tracked, and the shop obeys it. */
  isRefused: boolean;
  pageType: string | undefined;
  slug: string | undefined;
}

/** What an address of the script has behind that of the gateway. */
const BEHIND_HOST = /(tracker\/core\.)?[^/?]*(\?.*)?$/;

/** The settings; null where neither options nor the page say an address. */
export function findSettings(options: Options): Settings | null {
  const tag = findTag();
  const said = tag?.dataset ?? {};
  const host = options.host ?? said["host"] ?? tag?.src.replace(BEHIND_HOST, "");
  if (!host) return null;
  return {
    host: host.endsWith("/") ? host : `${host}/`,
    storeId: options.storeId ?? said["store"],
    key: options.publishableKey ?? said["key"],
    isConsentRequired: said["consent"] === "required",
    isRefused: "dnt" in said && navigator.doNotTrack === "1",
    pageType: options.pageType ?? said["pageType"],
    slug: options.slug ?? said["slug"],
  };
}

function findTag(): HTMLScriptElement | null {
  if (typeof document === "undefined") return null;
  return document.querySelector<HTMLScriptElement>("script[data-store][src]");
}
