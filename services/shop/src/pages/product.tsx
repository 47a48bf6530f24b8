import { useEffect, useState } from "react";
import { Link } from "wouter";
import { MODELS } from "../art/person";
import { triedOn } from "../backend";
import { addLine } from "../cart";
import { CURRENCY, type Product, PRODUCTS, pictureOf, productOf, sizeOf } from "../catalogue";
import { centsOf, shown } from "../money";
import { ProductCard } from "../parts/product_card";
import { tellCart, tellView } from "../tracking";
import { NotFound } from "./not_found";

export function ProductPage({ id }: { id: string }) {
  const product = productOf(id);
  return product ? <Details product={product} key={id} /> : <NotFound />;
}

function Details({ product }: { product: Product }) {
  const [size, setSize] = useState(product.sizes[Math.floor(product.sizes.length / 2)] ?? "");
  const [worn, setWorn] = useState<string>();
  const [added, setAdded] = useState(false);
  useEffect(() => tellView(product), [product]);

  const { width, height } = sizeOf(product.ratio);
  const others = PRODUCTS.filter((other) => other.id !== product.id).slice(0, 4);
  return (
    <article className="product">
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
      <div className="product-text">
        <p className="kicker">{product.line}</p>
        <h1>{product.name}</h1>
        <p className="price">{shown(centsOf(product.price))}</p>
        <p className="story">{product.story}</p>
        <fieldset className="sizes">
          <legend>Size</legend>
          {product.sizes.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="size"
                checked={size === one}
                onChange={() => setSize(one)}
              />
              <span>{one}</span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          className="button wide cta-button"
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
          Add to cart
        </button>
        <TryOn product={product} onWorn={setWorn} />
        <p className="added" role="status">
          {added && (
            <>
              It is in your cart. <Link href="/cart">See the cart</Link>
            </>
          )}
        </p>
      </div>
      <section className="shelf also" aria-label="Other products">
        <h2>Goes well with it</h2>
        <div className="row">
          {others.map((other) => (
            <ProductCard product={other} key={other.id} />
          ))}
        </div>
      </section>
    </article>
  );
}

/** Shows the product on somebody. The picture comes from the shop's server, as a generator's would. */
function TryOn({ product, onWorn }: { product: Product; onWorn(picture: string): void }) {
  const [state, setState] = useState<"idle" | "waiting" | "failed">("idle");
  const wearable = !["tote", "beanie"].includes(product.look.garment);
  if (!wearable) return null;
  const tryOn = async (model: string): Promise<void> => {
    setState("waiting");
    try {
      onWorn((await triedOn(product.id, model)).picture);
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <div className="try-on">
      <p>Try it on, on somebody like you</p>
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
