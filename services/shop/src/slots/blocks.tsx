import { type ComponentType, createContext, useContext } from "react";
import { type Slot, drawnSlots, textOf } from "./slots";

export interface BlockProps {
  slot: Slot;
}

export type Components = Readonly<Record<string, ComponentType<BlockProps>>>;

/** What an author is shown beside what visitors see: which blocks a variant changes. */
export interface Differences {
  /** Words for it, by slot. */
  changed: Readonly<Record<string, string>>;
}

export const DifferencesContext = createContext<Differences | null>(null);

interface Props {
  slots: readonly Slot[];
  components: Components;
  className?: string;
}

/** The blocks of a page. One that the shop has no component for is left out. */
export function Blocks({ slots, components, className }: Props) {
  return (
    <div className={className}>
      {drawnSlots(slots).map((slot) => (
        <Block slot={slot} components={components} key={slot.slot_id} />
      ))}
    </div>
  );
}

export function Block({ slot, components }: BlockProps & { components: Components }) {
  const differences = useContext(DifferencesContext);
  const Component = componentOf(components, slot);
  const changed = differences?.changed[slot.slot_id];
  if (!Component && !differences) return null;
  return (
    <div className={`slot slot-${kindOf(slot)}`} data-slot={slot.slot_id} data-changed={changed}>
      {changed !== undefined && <p className="slot-changed">{`${slot.slot_id}: ${changed}`}</p>}
      {Component ? (
        <Component slot={slot} />
      ) : (
        <p className="empty">The shop has no component “{slot.component}”: it draws nothing here.</p>
      )}
    </div>
  );
}

function componentOf(components: Components, { component }: Slot) {
  if (component === "Banner") return Banner;
  return Object.hasOwn(components, component) ? components[component] : undefined;
}

/** Of a class: components' names are anybody's. */
function kindOf({ component }: Slot): string {
  return component === "Gallery" ? "gallery" : "text";
}

/** A line of words that a variant may add to any page. */
function Banner({ slot: { props } }: BlockProps) {
  const title = textOf(props.title);
  return (
    <aside className="banner">
      {title !== "" && <strong>{title}</strong>} {textOf(props.text)}
    </aside>
  );
}
