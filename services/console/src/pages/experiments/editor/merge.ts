/** Merges a variant into a page as the gateway does, to preview unsaved changes. Objects in props are merged
 * deeply; lists and all other values, including null, are replaced. A missing slot is added if its override
 * names a component. The rules are those of services/storepulse/domain/experiments/slots.py. */

export interface Override {
  props?: Record<string, unknown> | null;
  enabled?: boolean | null;
  component?: string | null;
  position?: number | null;
}

export interface PageSlot {
  slot_id: string;
  component: string;
  position: number;
  enabled: boolean;
  props: Record<string, unknown>;
}

export const IMAGE_WIDTH = 300;
export const IMAGE_HEIGHTS: Record<string, number> = { "1:1": 300, "4:5": 375, "3:4": 400, "2:3": 450 };

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mergedProps(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const known = merged.get(name);
    merged.set(name, isObject(known) && isObject(value) ? mergedProps(known, value) : value);
  }
  return Object.fromEntries(merged);
}

interface Changes {
  overrides: Record<string, Override>;
  slot_configuration: unknown[] | null;
}

/** The slots of a page with a variant merged in, in order. */
export function mergedSlots(base: readonly PageSlot[], { overrides, slot_configuration }: Changes): PageSlot[] {
  const own = slot_configuration === null ? base : slot_configuration.map(slotOf);
  const slots = new Map(own.map((one) => [one.slot_id, one]));
  for (const [id, override] of Object.entries(overrides)) {
    const slot = overridden(slots, id, override);
    if (slot) slots.set(id, slot);
  }
  return [...slots.values()].sort((a, b) => a.position - b.position).map(withImageSize);
}

function slotOf(given: unknown): PageSlot {
  const one = given as Partial<PageSlot>;
  return { slot_id: one.slot_id ?? "", component: one.component ?? "", position: one.position ?? 0, enabled: one.enabled ?? true, props: one.props ?? {} };
}

function overridden(slots: ReadonlyMap<string, PageSlot>, id: string, override: Override): PageSlot | null {
  let slot = slots.get(id);
  if (!slot) {
    if (override.component == null) return null;
    const end = Math.max(-1, ...[...slots.values()].map((one) => one.position)) + 1;
    slot = { slot_id: id, component: override.component, position: end, enabled: true, props: {} };
  }
  return {
    slot_id: id,
    component: override.component ?? slot.component,
    position: override.position ?? slot.position,
    enabled: override.enabled ?? slot.enabled,
    props: override.props == null ? slot.props : mergedProps(slot.props, override.props),
  };
}

function withImageSize(slot: PageSlot): PageSlot {
  const ratio = slot.props.aspect_ratio;
  const height = typeof ratio === "string" ? IMAGE_HEIGHTS[ratio] : undefined;
  return height === undefined ? slot : { ...slot, props: { ...slot.props, image_width: IMAGE_WIDTH, image_height: height } };
}

export interface Leaf {
  /** "button.colour". */
  path: string;
  value: unknown;
}

/** Every value of props that is not an object, by its path. */
export function leavesOf(props: Record<string, unknown>, before = ""): Leaf[] {
  return Object.entries(props).flatMap(([name, value]) => {
    const path = before ? `${before}.${name}` : name;
    return isObject(value) && Object.keys(value).length > 0 ? leavesOf(value, path) : [{ path, value }];
  });
}

export function leafAt(props: Record<string, unknown>, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), props);
}

/** Props with one value set, or, with `undefined`, removed together with objects that become empty. */
export function withLeaf(props: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [name, ...rest] = path.split(".") as [string, ...string[]];
  const entries = new Map(Object.entries(props));
  if (rest.length === 0) {
    if (value === undefined) entries.delete(name);
    else entries.set(name, value);
  } else {
    const known = entries.get(name);
    const inner = withLeaf(isObject(known) ? known : {}, rest.join("."), value);
    if (value === undefined && Object.keys(inner).length === 0) entries.delete(name);
    else entries.set(name, inner);
  }
  return Object.fromEntries(entries);
}

/** A variant's changes of a slot: "moved to 1, was 4", "props.label"; empty without changes. */
export function differencesOf(base: readonly PageSlot[], slot: PageSlot): string[] {
  const before = base.find((one) => one.slot_id === slot.slot_id);
  if (!before) return ["added"];
  const found: string[] = [];
  if (before.position !== slot.position) found.push(`moved to ${slot.position}, was ${before.position}`);
  if (before.enabled !== slot.enabled) found.push(slot.enabled ? "switched on" : "switched off");
  if (before.component !== slot.component) found.push(`component ${slot.component}`);
  const sizes = new Set(["image_width", "image_height"]);
  const known = new Map(leavesOf(before.props).map((one) => [one.path, JSON.stringify(one.value)]));
  for (const { path, value } of leavesOf(slot.props)) {
    if (!sizes.has(path) && known.get(path) !== JSON.stringify(value)) found.push(`props.${path}`);
  }
  return found;
}
