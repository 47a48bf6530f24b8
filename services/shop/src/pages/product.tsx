import { useEffect } from "react";
import { type Product, productOf } from "../catalogue";
import { usePage } from "../slots/page";
import { PRODUCT } from "../slots/product_blocks";
import { ProductBlocks } from "../slots/product_page";
import { tellView } from "../tracking";
import { NotFound } from "./not_found";

export function ProductPage({ id }: { id: string }) {
  const product = productOf(id);
  return product ? <Details product={product} key={id} /> : <NotFound />;
}

function Details({ product }: { product: Product }) {
  const page = usePage("product", product.id);
  useEffect(() => tellView(product), [product]);
  if (page === null) return <div className="waiting" aria-busy="true" />;
  return <ProductBlocks product={product} slots={page.slots} components={PRODUCT} />;
}
