/** What the page's script tag says. */

const tag = (document.currentScript ?? document.querySelector("script[data-key]")) as HTMLScriptElement;

/** The tag's `data-` attributes. A boolean one is there or not: `"hash" in settings`. */
export const settings = tag.dataset;

/** The gateway's address, with a slash at the end: `data-host`, else where the script came from. */
export const host = settings.host
  ? settings.host.replace(/\/*$/, "/")
  : tag.src.replace(/(tracker\/core\.)?[^/?]*(\?.*)?$/, "");
