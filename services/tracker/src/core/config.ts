/** What the page's script tag says. */

const tag = document.currentScript as HTMLScriptElement;

/** The tag's `data-` attributes. A boolean one is there or not: `"hash" in settings`. */
export const settings = tag.dataset;

/** The gateway's address, with a slash at the end: `data-host`, else the folder of the script. */
export const host = new URL((settings.host ?? ".").replace(/\/*$/, "/"), tag.src).href;
