import { Link } from "wouter";
import { type Line, setQuantity, totalOf, useCart } from "../cart";
import { pictureOf, productOf } from "../catalogue";
import { centsOf, shown } from "../money";
import { tellRemoval } from "../tracking";

export function CartPage() {
  const cart = useCart();
  if (cart.length === 0) {
    return (
      <section className="narrow">
        <h1>Your cart is empty</h1>
        <p>
          <Link href="/">See the collection</Link>
        </p>
      </section>
    );
  }
  return (
    <section className="narrow">
      <h1>Your cart</h1>
      <ul className="lines">
        {cart.map((line, at) => (
          <CartLine line={line} at={at} key={`${line.product} ${line.size}`} />
        ))}
      </ul>
      <p className="total">
        <span>Total, with tax and delivery</span>
        <strong>{shown(totalOf(cart))}</strong>
      </p>
      <Link href="/checkout" className="button wide">
        To the checkout
      </Link>
    </section>
  );
}

function CartLine({ line, at }: { line: Line; at: number }) {
  const product = productOf(line.product);
  if (product === undefined) return null;
  const change = (quantity: number): void => {
    if (quantity === 0) tellRemoval(line);
    setQuantity(at, quantity);
  };
  return (
    <li>
      <img src={line.picture ?? pictureOf(product)} alt="" width={72} height={90} />
      <div>
        <Link href={`/p/${product.id}`}>{product.name}</Link>
        <span className="card-line">Size {line.size}</span>
      </div>
      <div className="stepper" data-sp-ignore>
        <button
          type="button"
          aria-label={`One ${product.name} less`}
          onClick={() => change(line.quantity - 1)}
        >
          −
        </button>
        <span aria-live="polite">{line.quantity}</span>
        <button
          type="button"
          aria-label={`One ${product.name} more`}
          onClick={() => change(line.quantity + 1)}
        >
          +
        </button>
      </div>
      <span className="line-price">{shown(centsOf(product.price) * line.quantity)}</span>
    </li>
  );
}
