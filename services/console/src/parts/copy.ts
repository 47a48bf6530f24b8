/** Into the clipboard, also where the page came over plain http: there browsers keep it from scripts. */

import { showToast } from "./toast";

export const CANNOT_COPY = "The browser does not let this page copy: mark the text and copy it.";

/** Whether it is copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyMarked(text); // no clipboard, or it is not allowed
  }
}

/** As a person does it: mark the text, copy, and put the focus back. */
function copyMarked(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.className = "fixed top-0 left-0 opacity-0";
  // A dialog holds the focus: within it the field may have it.
  (before?.closest("[role=dialog]") ?? document.body).append(field);
  field.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    // There is no way at all: the person is told.
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}

/** Copies, and says whether it went. */
export async function copyAndTell(text: string, done: string): Promise<void> {
  showToast((await copyText(text)) ? done : CANNOT_COPY);
}
