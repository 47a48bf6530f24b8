import { Link } from "wouter";
import { type Product, type Ratio, pictureOf, sizeOf } from "../catalogue";
import { centsOf, shown } from "../money";

/** One product of the feed. Its picture's place is kept before the picture is there. */
export function ProductCard({ product, ratio = product.ratio }: { product: Product; ratio?: Ratio | undefined }) {
  const { width, height } = sizeOf(ratio);
  return (
    <Link href={`/p/${product.id}`} className="card" data-product={product.id}>
      <img
        src={pictureOf(product, ratio)}
        width={width}
        height={height}
        alt={`${product.name}, ${product.line.toLowerCase()}`}
      />
      <span className="card-text">
        <span className="card-name">{product.name}</span>
        <span className="card-price">{shown(centsOf(product.price))}</span>
      </span>
      <span className="card-line">{product.line}</span>
    </Link>
  );
}
