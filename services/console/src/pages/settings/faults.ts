/** Refusals of a form: shown at the field that they name, else above the form. */

import { ApiError, PAGE_FAULT } from "~/api/errors";
import { readable } from "~/format/text";

/** The refusal's reason for one of `fields`, if it names one: "page_patterns.0" belongs to "page_patterns". */
export function faultsOf(error: unknown, fields: readonly string[]): { of: Record<string, string>; rest: string | null } {
  if (!error) return { of: {}, rest: null };
  if (!(error instanceof ApiError)) return { of: {}, rest: PAGE_FAULT };
  const text = readable(error.message);
  const named = (error.field ?? "").replace(/^settings\./, "");
  const field = fields.find((one) => named === one || named.startsWith(`${one}.`));
  return field ? { of: { [field]: sentenceOf(text) }, rest: null } : { of: {}, rest: sentenceOf(text) };
}

function sentenceOf(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
