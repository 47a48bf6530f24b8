/** Copies to the clipboard, also on pages over plain HTTP, where browsers do not allow navigator.clipboard. */

import { showToast } from "./toast";

export const CANNOT_COPY = "The browser does not let this page copy: mark the text and copy it.";

/** Returns whether the text was copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyMarked(text); // no clipboard, or it is not allowed
  }
}

/** Selects the text in a temporary field, copies it, and restores the focus. */
function copyMarked(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.className = "fixed top-0 left-0 opacity-0";
  // A dialog traps the focus, so the field must be inside it.
  (before?.closest("[role=dialog]") ?? document.body).append(field);
  field.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    // Copying is not possible; the caller shows a message.
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}

/** Copies, and shows whether that succeeded. */
export async function copyAndTell(text: string, done: string): Promise<void> {
  showToast((await copyText(text)) ? done : CANNOT_COPY);
}
