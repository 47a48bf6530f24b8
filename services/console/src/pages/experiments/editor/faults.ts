/** What is wrong with a draft before it is sent: field and reason, as the API would say them. */

import { type Draft, type DraftMetric, type DraftVariant, listOf, numberOf, pointsOfPercent, sumOfWeights } from "./draft";
import { IMAGE_HEIGHTS, type Override } from "./merge";

/** Reasons by field, such as "variants.1.weight". */
export type Faults = Record<string, string>;

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const ID_WISH = "must be 1 to 64 letters, digits, _ or -";
const PAGE_TYPE = /^[a-z0-9][a-z0-9_-]{0,63}$/;
export const MOST_VARIANTS = 10;
const REQUIRED = "Field is required";
const OF_MONEY = new Set(["purchase", "add_to_cart", "cart_add", "checkout_start", "product_view", "remove_from_cart"]);
const WITHOUT_VALUE = new Set(["page_view", "search"]);

export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {};
  if (!wholeLine(draft.name, 200)) faults.name = "must have 1 to 200 characters";
  if (draft.description.length > 4000) faults.description = "is longer than 4000 characters";
  inRange(faults, "priority", draft.priority, -1_000_000, 1_000_000, true);
  faultsOfVariants(faults, draft.variants);
  faultsOfMetrics(faults, draft);
  faultsOfAudience(faults, draft);
  inRange(faults, "alpha", draft.alpha, 0.001, 0.2);
  inRange(faults, "power", draft.power, 0.5, 0.99);
  inRange(faults, "window_hours", draft.window_hours, 1, 720, true);
  inRange(faults, "pre_days", draft.pre_days, 0, 60, true);
  if (draft.n_star.trim()) inRange(faults, "n_star", draft.n_star, 100, 100_000_000, true);
  const baseline = numberOf(draft.baseline);
  if (draft.baseline.trim() && (baseline === null || baseline <= 0 || baseline >= 100)) faults.baseline_rate = "must be a share between 0% and 100%, such as 3";
  const effect = numberOf(draft.effect);
  if (draft.effect.trim() && (effect === null || effect <= -100 || effect > 1000 || effect === 0)) faults.relative_effect = "must be a share between −100% and 1000% that is not 0";
  return faults;
}

function wholeLine(text: string, most: number): boolean {
  const length = text.trim().length;
  return length > 0 && length <= most;
}

function inRange(faults: Faults, field: string, text: string, least: number, most: number, isWhole = false): void {
  const value = numberOf(text);
  if (value === null || value < least || value > most || (isWhole && !Number.isInteger(value))) {
    faults[field] = `must be ${isWhole ? "a whole number, " : ""}${least} to ${most}`;
  }
}

function faultsOfVariants(faults: Faults, variants: readonly DraftVariant[]): void {
  if (variants.length < 2 || variants.length > MOST_VARIANTS) faults.variants = `must be 2 to ${MOST_VARIANTS} variants`;
  const ids = new Set<string>();
  variants.forEach((one, place) => {
    const field = `variants.${place}`;
    const id = one.variant_id.trim();
    if (!ID.test(id)) faults[`${field}.variant_id`] = ID_WISH;
    else if (ids.has(id)) faults[`${field}.variant_id`] = "stands twice";
    ids.add(id);
    if (one.name.trim().length > 200) faults[`${field}.name`] = "must have 1 to 200 characters";
    const points = pointsOfPercent(one.weight);
    if (points === null) faults[`${field}.weight`] = "must be 0% to 100%, with at most two decimals";
    else if (one.is_control && points === 0) faults[`${field}.weight`] = "is 0: results are held against the control";
    faultsOfOverrides(faults, `${field}.slot_overrides`, one.overrides);
  });
  const sum = sumOfWeights(variants);
  if (!faults.variants && sum !== 10_000) faults.variants = `have weights that add up to ${sum}, not to 10000 basis points (${sum / 100}%, not 100%)`;
  if (!faults.variants && variants.some((one) => one.is_control && pointsOfPercent(one.weight) === 10_000)) {
    faults.variants = "give all visitors to the control: nothing is compared";
  }
}

function faultsOfOverrides(faults: Faults, field: string, overrides: Record<string, Override>): void {
  for (const [id, one] of Object.entries(overrides)) {
    if (!ID.test(id)) faults[field] = ID_WISH;
    const { position, component, props } = one;
    if (position != null && !(Number.isInteger(position) && position >= 0 && position <= 10_000)) faults[`${field}.${id}.position`] = "must be 0 to 10000";
    if (component != null && !wholeLine(component, 128)) faults[`${field}.${id}.component`] = "must have 1 to 128 characters";
    if (props && "aspect_ratio" in props && !(String(props.aspect_ratio) in IMAGE_HEIGHTS)) {
      faults[`${field}.${id}.props.aspect_ratio`] = `must be one of ${Object.keys(IMAGE_HEIGHTS).join(", ")}`;
    }
  }
}

function faultsOfMetrics(faults: Faults, { metrics }: Draft): void {
  if (metrics.length === 0 || metrics.length > 20) faults.metrics = "must be 1 to 20 metrics";
  const keys = new Set<string>();
  metrics.forEach((one, place) => {
    const field = `metrics.${place}`;
    const key = one.name.trim();
    if (!ID.test(key)) faults[`${field}.key`] = ID_WISH;
    else if (keys.has(key)) faults[`${field}.key`] = "stands twice";
    keys.add(key);
    if (one.kind === "ratio") faultsOfRatio(faults, field, one, metrics);
    else faultsOfTotal(faults, field, one);
  });
}

function faultsOfRatio(faults: Faults, field: string, one: DraftMetric, metrics: readonly DraftMetric[]): void {
  const others = new Set(metrics.filter((each) => each.kind !== "ratio").map((each) => each.name.trim()));
  for (const part of ["numerator", "denominator"] as const) {
    if (!one[part]) faults[`${field}.${part}`] = REQUIRED;
    else if (!others.has(one[part])) faults[`${field}.${part}`] = "is the key of no other metric";
  }
}

function faultsOfTotal(faults: Faults, field: string, one: DraftMetric): void {
  const source = one.source.trim();
  const currency = one.currency.trim();
  if (!source || source === "custom:" || source === "metric:") faults[`${field}.source`] = REQUIRED;
  if (currency && !/^[A-Za-z]{3}$/.test(currency)) faults[`${field}.currency`] = "must be an ISO 4217 code, such as EUR";
  if (one.kind === "sum" && WITHOUT_VALUE.has(source)) faults[`${field}.kind`] = `cannot be sum: events of ${source} have no value`;
  if (one.kind === "sum" && OF_MONEY.has(source) && !currency) faults[`${field}.currency`] = "is required: amounts of two are never added up";
  if (one.kind === "binary" || !one.cap.trim()) return;
  if (one.cap.trim() === "auto") {
    if (one.kind !== "sum" || source !== "purchase") faults[`${field}.cap`] = "can be auto for sums of purchases alone; state a number";
  } else if (!((numberOf(one.cap) ?? 0) > 0)) faults[`${field}.cap`] = "must be a number above 0, “auto” or nothing";
}

function faultsOfAudience(faults: Faults, draft: Draft): void {
  const traffic = pointsOfPercent(draft.traffic);
  if (traffic === null || traffic < 1) faults.traffic = "must be 0.01% to 100%";
  if (listOf(draft.page_types).some((one) => !PAGE_TYPE.test(one))) faults["targeting.page_types"] = "must be 1 to 64 small letters, digits, _ or -, no sign in front";
  if (listOf(draft.countries).some((one) => !/^[A-Za-z]{2}$/.test(one))) faults["targeting.countries"] = "must be ISO 3166 codes of two letters, such as DE";
  if (listOf(draft.slugs).some((one) => one.length > 255)) faults["targeting.slugs"] = "must have 1 to 255 characters";
  const { group } = draft;
  if (!group) return;
  if (!ID.test(group.group_id.trim())) faults["group.group_id"] = ID_WISH;
  inRange(faults, "group.start", group.start, 0, 9999, true);
  inRange(faults, "group.end", group.end, 1, 10_000, true);
  if (!faults["group.end"] && (numberOf(group.end) ?? 0) <= (numberOf(group.start) ?? 0)) faults["group.end"] = "is not above start";
}
