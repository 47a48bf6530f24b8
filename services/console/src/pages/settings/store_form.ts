/** A store's settings as a form holds them, and what of them was changed. */

import { entriesOf } from "~/parts/fields";
import type { Settings, StoreShown } from "./queries";

export interface StoreForm {
  name: string;
  time_zone: string;
  currency: string;
  page_patterns: string;
  event_names: string;
  abandoned_minutes: string;
}

export function formOf(store: StoreShown): StoreForm {
  const it = store.settings;
  return {
    name: store.name ?? "",
    time_zone: it.time_zone ?? "UTC",
    currency: it.currency ?? "",
    page_patterns: (it.page_patterns ?? []).join("\n"),
    event_names: (it.event_names ?? []).join("\n"),
    abandoned_minutes: String(it.abandoned_minutes ?? 60),
  };
}

export interface StoreChange {
  name?: string | null;
  settings: Partial<Record<keyof Settings, unknown>>;
}

/** What differs from what is stored; null where nothing does. */
export function changesOf(store: StoreShown, form: StoreForm): StoreChange | null {
  const old = formOf(store);
  const settings: StoreChange["settings"] = {};
  if (form.time_zone !== old.time_zone) settings.time_zone = form.time_zone;
  if (form.currency.trim().toUpperCase() !== old.currency) settings.currency = form.currency.trim().toUpperCase() || null;
  for (const name of ["page_patterns", "event_names"] as const) {
    const entries = entriesOf(form[name]);
    if (entries.join("\n") !== old[name]) settings[name] = entries;
  }
  if (form.abandoned_minutes.trim() !== old.abandoned_minutes) settings.abandoned_minutes = Number(form.abandoned_minutes.trim() || NaN);
  const hasName = form.name.trim() !== old.name;
  if (!hasName && Object.keys(settings).length === 0) return null;
  return { ...(hasName ? { name: form.name.trim() || null } : {}), settings };
}

/** What can be said of the form before it is sent. */
export function faultOf(form: StoreForm): Partial<Record<keyof StoreForm, string>> {
  const faults: Partial<Record<keyof StoreForm, string>> = {};
  const minutes = form.abandoned_minutes.trim();
  if (!/^\d+$/.test(minutes) || Number(minutes) > 1380) faults.abandoned_minutes = `It is “${minutes}”. It must be a whole number from 0 to 1,380.`;
  const currency = form.currency.trim();
  if (currency && !/^[A-Za-z]{3}$/.test(currency)) faults.currency = `It is “${currency}”. It must be three letters, such as EUR.`;
  return faults;
}
