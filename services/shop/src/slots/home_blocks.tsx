import { PRODUCTS, RATIOS, type Ratio, pictureOf, productOf } from "../catalogue";
import { Feed } from "../parts/feed";
import type { BlockProps, Components } from "./blocks";
import { countOf, textOf } from "./slots";

export function Hero({ slot: { props } }: BlockProps) {
  const product = productOf(textOf(props.product)) ?? PRODUCTS[0]!;
  return (
    <section className="hero">
      <div className="hero-text">
        <p className="kicker">{textOf(props.kicker)}</p>
        <h1>{textOf(props.title)}</h1>
        <p>{textOf(props.text)}</p>
        <a className="button" href={`/demo/p/${product.id}`} data-track="hero_pressed">
          {textOf(props.label)}
        </a>
      </div>
      <img src={pictureOf(product)} alt={product.name} width={600} height={800} />
    </section>
  );
}

function ProductGrid({ slot: { props } }: BlockProps) {
  const ratio = RATIOS.find((one) => one === props.aspect_ratio);
  return <Shelf title={textOf(props.title)} count={countOf(props.count, 12, 12)} ratio={ratio} />;
}

function Shelf({ title, count, ratio }: { title: string; count: number; ratio: Ratio | undefined }) {
  return (
    <section className="shelf" aria-label="Products">
      <h2>{title}</h2>
      <Feed products={PRODUCTS.slice(0, count)} ratio={ratio} />
    </section>
  );
}

export const HOME: Components = { Hero, ProductGrid };
