import { useState } from "react";
import { Link } from "wouter";
import { MODELS } from "../art/person";
import { triedOn } from "../backend";
import { addLine } from "../cart";
import { CURRENCY, PRODUCTS, pictureOf, sizeOf } from "../catalogue";
import { centsOf, shown } from "../money";
import { ProductCard } from "../parts/product_card";
import { tellCart } from "../tracking";
import type { BlockProps, Components } from "./blocks";
import { useChosen } from "./product_page";
import { countOf, textOf } from "./slots";

function Gallery() {
  const { product, worn, setWorn } = useChosen();
  const { width, height } = sizeOf(product.ratio);
  return (
    <div className="product-picture">
      <img
        src={worn ?? pictureOf(product)}
        width={width * 2}
        height={height * 2}
        alt={worn ? `Somebody who wears ${product.name}` : product.name}
      />
      {worn !== undefined && (
        <button type="button" className="text-button back" onClick={() => setWorn(undefined)}>
          Show the garment
        </button>
      )}
    </div>
  );
}

/** What a product is called and costs; its price is the shop's, whatever the slot says. */
function ProductTitle({ slot: { props } }: BlockProps) {
  const { product } = useChosen();
  return (
    <div className="product-title">
      <p className="kicker">{textOf(props.kicker, product.line)}</p>
      <h1>{textOf(props.title, product.name)}</h1>
      <p className="price">{shown(centsOf(product.price))}</p>
    </div>
  );
}

function Description({ slot: { props } }: BlockProps) {
  return <p className="story">{textOf(props.text, useChosen().product.story)}</p>;
}

const COLOURS = ["ink", "accent", "green"];

function BuyBox({ slot: { props } }: BlockProps) {
  const { product, size, setSize, worn } = useChosen();
  const [added, setAdded] = useState(false);
  const colour = COLOURS.find((one) => one === props.colour) ?? "ink";
  return (
    <div className="buy-box">
      <fieldset className="sizes">
        <legend>Size</legend>
        {product.sizes.map((one) => (
          <label key={one}>
            <input type="radio" name="size" checked={size === one} onChange={() => setSize(one)} />
            <span>{one}</span>
          </label>
        ))}
      </fieldset>
      <button
        type="button"
        className={`button wide cta-button ${colour}`}
        data-track-product_id={product.id}
        data-track-product_name={product.name}
        data-track-value={product.price}
        data-track-currency={CURRENCY}
        data-track-quantity="1"
        onClick={() => {
          addLine(product, size, worn);
          tellCart(product, worn);
          setAdded(true);
        }}
      >
        {textOf(props.label, "Add to cart")}
      </button>
      <p className="added" role="status">
        {added && (
          <>
            It is in your cart. <Link href="/cart">See the cart</Link>
          </>
        )}
      </p>
    </div>
  );
}

/** Shows the product on somebody. The picture comes from the shop's server, as a generator's would. */
function TryOn({ slot: { props } }: BlockProps) {
  const { product, setWorn } = useChosen();
  const [state, setState] = useState<"idle" | "waiting" | "failed">("idle");
  const wearable = !["tote", "beanie"].includes(product.look.garment);
  if (!wearable) return null;
  const tryOn = async (model: string): Promise<void> => {
    setState("waiting");
    try {
      setWorn((await triedOn(product.id, model)).picture);
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <div className="try-on">
      <p>{textOf(props.title)}</p>
      {MODELS.map(({ name: model }) => (
        <button
          type="button"
          className="button quiet"
          key={model}
          disabled={state === "waiting"}
          onClick={() => void tryOn(model)}
        >
          {model}
        </button>
      ))}
      <p role="status">
        {state === "waiting" && "Dressing…"}
        {state === "failed" && "That did not work. Try once more."}
      </p>
    </div>
  );
}

function Related({ slot: { props } }: BlockProps) {
  const { product } = useChosen();
  const others = PRODUCTS.filter((other) => other.id !== product.id);
  return (
    <section className="shelf also" aria-label="Other products">
      <h2>{textOf(props.title)}</h2>
      <div className="row">
        {others.slice(0, countOf(props.count, 4, 8)).map((other) => (
          <ProductCard product={other} key={other.id} />
        ))}
      </div>
    </section>
  );
}

export const PRODUCT: Components = { Gallery, ProductTitle, Description, BuyBox, TryOn, Related };
