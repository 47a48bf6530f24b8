/** A test while it is edited: the texts of its fields as typed, until they are sent. */

import type { Experiment, Given } from "../queries";
import { type Override, isObject } from "./merge";

export interface DraftVariant {
  /** Identifies the variant while its id is edited. */
  key: number;
  variant_id: string;
  name: string;
  /** Percent, as typed: "33.34". */
  weight: string;
  is_control: boolean;
  overrides: Record<string, Override>;
  page_template: string;
  slot_configuration: unknown[] | null;
  payload: Record<string, unknown>;
}

export interface DraftMetric {
  key: number;
  name: string;
  kind: "binary" | "count" | "sum" | "ratio";
  source: string;
  currency: string;
  /** "auto", a number, or "" for no cap. */
  cap: string;
  numerator: string;
  denominator: string;
  direction: "increase" | "decrease";
}

export interface Draft {
  name: string;
  description: string;
  priority: string;
  variants: DraftVariant[];
  metrics: DraftMetric[];
  /** The `key` of the primary metric. */
  primary: number;
  /** Percent. */
  traffic: string;
  page_types: string;
  slugs: string;
  devices: string[];
  countries: string;
  visitors: "all" | "new" | "returning";
  utm: Record<string, string>;
  group: { group_id: string; start: string; end: string } | null;
  alpha: string;
  window_hours: string;
  pre_days: string;
  n_star: string;
  /** For the plan, in percent: the smallest lift to detect, and the control's rate. */
  effect: string;
  baseline: string;
  power: string;
}

export const UTM_KEYS = ["source", "medium", "campaign", "term", "content"] as const;
export const DEVICES = ["mobile", "tablet", "desktop"] as const;
/** Events that a metric can count, with their labels; others are typed. */
export const SOURCES: readonly (readonly [string, string])[] = [
  ["purchase", "purchase"],
  ["add_to_cart", "add_to_cart"],
  ["cart_add", "cart_add (the cart path)"],
  ["product_view", "product_view"],
  ["page_view", "page_view"],
  ["checkout_start", "checkout_start"],
  ["search", "search"],
  ["remove_from_cart", "remove_from_cart"],
  ["conversion", "conversion"],
];

let lastKey = 0;
export function newKey(): number {
  lastKey += 1;
  return lastKey;
}

export function newVariant(variant_id: string, name: string, weight: string, is_control = false): DraftVariant {
  return { key: newKey(), variant_id, name, weight, is_control, overrides: {}, page_template: "", slot_configuration: null, payload: {} };
}

export function newMetric(name: string, source: string): DraftMetric {
  return { key: newKey(), name, kind: "binary", source, currency: "", cap: "", numerator: "", denominator: "", direction: "increase" };
}

export function emptyDraft(): Draft {
  const bought = newMetric("bought", "purchase");
  return {
    name: "",
    description: "",
    priority: "0",
    variants: [newVariant("control", "Control", "50", true), newVariant("b", "B", "50")],
    metrics: [bought],
    primary: bought.key,
    traffic: "100",
    page_types: "",
    slugs: "",
    devices: [],
    countries: "",
    visitors: "all",
    utm: {},
    group: null,
    alpha: "0.05",
    window_hours: "72",
    pre_days: "14",
    n_star: "",
    effect: "10",
    baseline: "",
    power: "0.8",
  };
}

/** The draft of an existing test. */
export function draftOf(test: Experiment): Draft {
  const metrics = test.metrics.map((one): DraftMetric => ({
    key: newKey(),
    name: one.key,
    kind: one.kind,
    source: one.source ?? "",
    currency: one.currency ?? "",
    cap: one.cap ?? "",
    numerator: one.numerator ?? "",
    denominator: one.denominator ?? "",
    direction: one.direction,
  }));
  return {
    ...emptyDraft(),
    name: test.name,
    description: test.description ?? "",
    priority: String(test.priority),
    variants: test.variants.map((one) => ({
      key: newKey(),
      variant_id: one.variant_id,
      name: one.name,
      weight: percentOf(one.weight),
      is_control: one.is_control,
      overrides: one.slot_overrides,
      page_template: one.page_template ?? "",
      slot_configuration: one.slot_configuration,
      payload: one.payload,
    })),
    metrics,
    primary: (metrics.find((one) => one.name === test.primary_metric) ?? metrics[0]!).key,
    traffic: percentOf(test.traffic),
    page_types: test.targeting.page_types.join(", "),
    slugs: test.targeting.slugs.join(", "),
    devices: test.targeting.devices,
    countries: test.targeting.countries.join(", "),
    visitors: test.targeting.visitors,
    utm: Object.fromEntries(Object.entries(test.targeting.utm).map(([name, values]) => [name, values.join(", ")])),
    group: test.group && { group_id: test.group.group_id, start: String(test.group.start), end: String(test.group.end) },
    alpha: String(test.alpha),
    window_hours: String(test.window_hours),
    pre_days: String(test.pre_days),
    n_star: test.n_star === null ? "" : String(test.n_star),
    effect: test.relative_effect === null ? "10" : String(Math.round(test.relative_effect * 1e6) / 1e4),
    baseline: test.baseline_rate === null ? "" : String(Math.round(test.baseline_rate * 1e8) / 1e6),
    power: String(test.power),
  };
}

/** "33.34" from 3334 basis points. */
export function percentOf(points: number): string {
  return String(points / 100);
}

/** Basis points of a typed percentage; null if it is invalid or has more than two decimals. */
export function pointsOfPercent(text: string): number | null {
  if (!/^\d{1,3}([.,]\d{1,2})?$/.test(text.trim())) return null;
  const points = Math.round(Number(text.trim().replace(",", ".")) * 100);
  return points <= 10_000 ? points : null;
}

/** A typed number; null if it is invalid. */
export function numberOf(text: string): number | null {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() === "" || !Number.isFinite(value) ? null : value;
}

export function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter(Boolean);
}

export function sumOfWeights(variants: readonly DraftVariant[]): number {
  return variants.reduce((sum, one) => sum + (pointsOfPercent(one.weight) ?? 0), 0);
}

/** Weights that are as equal as whole basis points allow; the first ones get the remainder. */
export function evenWeights(count: number): string[] {
  const each = Math.floor(10_000 / count);
  return Array.from({ length: count }, (_, place) => percentOf(each + (place < 10_000 - each * count ? 1 : 0)));
}

/** The request body. Invalid numbers become NaN, which `faultsOf` has refused before. */
export function givenOf(draft: Draft): Given {
  const effect = numberOf(draft.effect);
  const baseline = numberOf(draft.baseline);
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    priority: numberOf(draft.priority) ?? 0,
    variants: draft.variants.map((one) => ({
      variant_id: one.variant_id.trim(),
      name: one.name.trim() || null,
      weight: pointsOfPercent(one.weight) ?? Number.NaN,
      is_control: one.is_control,
      slot_overrides: one.overrides,
      page_template: one.page_template.trim() || null,
      slot_configuration: one.slot_configuration as Given["variants"][number]["slot_configuration"],
      payload: one.payload,
    })),
    metrics: draft.metrics.map(metricGiven),
    primary_metric: draft.metrics.find((one) => one.key === draft.primary)?.name.trim() ?? null,
    traffic: pointsOfPercent(draft.traffic),
    targeting: {
      page_types: listOf(draft.page_types),
      slugs: listOf(draft.slugs),
      devices: draft.devices,
      countries: listOf(draft.countries).map((one) => one.toUpperCase()),
      visitors: draft.visitors,
      utm: Object.fromEntries(Object.entries(draft.utm).flatMap(([name, text]) => (listOf(text).length ? [[name, listOf(text)]] : []))),
    },
    group: draft.group && { group_id: draft.group.group_id.trim(), start: numberOf(draft.group.start) ?? Number.NaN, end: numberOf(draft.group.end) ?? Number.NaN },
    alpha: numberOf(draft.alpha),
    window_hours: numberOf(draft.window_hours),
    pre_days: numberOf(draft.pre_days),
    n_star: numberOf(draft.n_star),
    baseline_rate: baseline === null ? null : baseline / 100,
    relative_effect: effect === null || effect === 0 ? null : effect / 100,
    power: numberOf(draft.power),
  };
}

function metricGiven(one: DraftMetric): Given["metrics"][number] {
  const own = { key: one.name.trim(), kind: one.kind, direction: one.direction, currency: one.currency.trim().toUpperCase() || null };
  if (one.kind === "ratio") return { ...own, numerator: one.numerator || null, denominator: one.denominator || null };
  const cap = one.cap.trim() === "" ? null : one.cap.trim() === "auto" ? "auto" : (numberOf(one.cap) ?? one.cap);
  return { ...own, source: one.source.trim() || null, ...(one.kind === "binary" ? {} : { cap }) };
}

/** Fields that a phase does not freeze: changing only these begins no phase. */
const FREE = new Set(["name", "description", "priority", "baseline_rate", "relative_effect", "power"]);

/** Whether a running test must begin its next phase for this change. */
export function beginsPhase(before: Given, after: Given): boolean {
  const changed = Object.keys({ ...before, ...after }).filter((name) => !FREE.has(name) && textOf(before[name as keyof Given]) !== textOf(after[name as keyof Given]));
  if (changed.length === 0) return false;
  return !(changed.length === 1 && changed[0] === "traffic" && (after.traffic ?? 0) > (before.traffic ?? 0));
}

/** A canonical text: equal for equal values, whatever the order of fields; null fields are left out. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, one]) => one != null);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => `${JSON.stringify(name)}:${textOf(one)}`)
    .join()}}`;
}
