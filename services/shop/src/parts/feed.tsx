import { useSyncExternalStore } from "react";
import { type Product, type Ratio, sizeOf } from "../catalogue";
import { ProductCard } from "./product_card";

const WIDE = ["(min-width: 1180px)", "(min-width: 760px)"].map((query) => matchMedia(query));

function useColumns(): number {
  return useSyncExternalStore(
    (listener) => {
      for (const query of WIDE) query.addEventListener("change", listener);
      return () => {
        for (const query of WIDE) query.removeEventListener("change", listener);
      };
    },
    () => (WIDE[0]?.matches ? 4 : WIDE[1]?.matches ? 3 : 2),
  );
}

/** Each product goes below the shortest column so far, as all heights are known beforehand. */
export function spread(products: readonly Product[], count: number, ratio?: Ratio): Product[][] {
  const columns = Array.from({ length: count }, () => ({ height: 0, products: [] as Product[] }));
  for (const product of products) {
    const shortest = columns.reduce((low, one) => (one.height < low.height ? one : low));
    shortest.products.push(product);
    shortest.height += sizeOf(ratio ?? product.ratio).height + 76;
  }
  return columns.map((column) => column.products);
}

/** `ratio`: the shape of all pictures, where they have one. */
export function Feed({ products, ratio }: { products: readonly Product[]; ratio?: Ratio | undefined }) {
  const columns = spread(products, useColumns(), ratio);
  return (
    <div className="feed">
      {columns.map((column, at) => (
        <div className="feed-column" key={at}>
          {column.map((product) => (
            <ProductCard product={product} ratio={ratio} key={product.id} />
          ))}
        </div>
      ))}
    </div>
  );
}
