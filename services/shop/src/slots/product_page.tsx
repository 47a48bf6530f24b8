/** A product's page: its blocks share the chosen size, the picture that is worn, and the cart. */

import { createContext, useContext, useState } from "react";
import type { Product } from "../catalogue";
import { Block, type Components } from "./blocks";
import { type Slot, drawnSlots } from "./slots";

export interface Chosen {
  product: Product;
  size: string;
  setSize(size: string): void;
  /** The picture of somebody who wears it. */
  worn: string | undefined;
  setWorn(picture: string | undefined): void;
}

const ChosenContext = createContext<Chosen | null>(null);

export function useChosen(): Chosen {
  const chosen = useContext(ChosenContext);
  if (chosen === null) throw new Error("outside of a product's page");
  return chosen;
}

interface Props {
  product: Product;
  slots: readonly Slot[];
  components: Components;
}

/** Blocks below each other; those between two of full width stand beside the gallery. */
export function ProductBlocks({ product, slots, components }: Props) {
  const [size, setSize] = useState(product.sizes[Math.floor(product.sizes.length / 2)] ?? "");
  const [worn, setWorn] = useState<string>();
  return (
    <ChosenContext value={{ product, size, setSize, worn, setWorn }}>
      <article>
        {rowsOf(drawnSlots(slots)).map((row) => (
          <Row row={row} components={components} key={row[0]!.slot_id} />
        ))}
      </article>
    </ChosenContext>
  );
}

/** The gallery stands at the side that it comes first or last at. */
function Row({ row, components }: { row: readonly Slot[]; components: Components }) {
  const gallery = row.findIndex(isGallery);
  const side = gallery === -1 ? "alone" : gallery > 0 && gallery === row.length - 1 ? "right" : "left";
  const rows = `repeat(${Math.max(1, row.length - 1)}, auto) 1fr`;
  return (
    <div className={`product product-${side}`} style={gallery === -1 ? {} : { gridTemplateRows: rows }}>
      {row.map((slot) => (
        <Block slot={slot} components={components} key={slot.slot_id} />
      ))}
    </div>
  );
}

function isGallery({ component }: Slot): boolean {
  return component === "Gallery";
}

/** Rows of slots: a block of full width is a row of its own, and a row has one gallery. */
export function rowsOf(slots: readonly Slot[]): Slot[][] {
  const rows: Slot[][] = [];
  for (const slot of slots) {
    const row = rows.at(-1);
    const isWide = ["Related", "Banner"].includes(slot.component);
    const isFull = !row || isWide || ["Related", "Banner"].includes(row[0]!.component);
    if (isFull || (isGallery(slot) && row.some(isGallery))) rows.push([slot]);
    else row.push(slot);
  }
  return rows;
}
