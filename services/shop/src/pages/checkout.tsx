import { useEffect, useState } from "react";
import { Redirect, useLocation } from "wouter";
import { orderPlaced } from "../backend";
import { totalOf, useCart } from "../cart";
import { productOf } from "../catalogue";
import { shown } from "../money";
import { rememberOrder } from "../placed_order";
import { tellCheckout } from "../tracking";

export function CheckoutPage() {
  const cart = useCart();
  const [, go] = useLocation();
  const [state, setState] = useState<"ready" | "waiting" | "failed">("ready");
  const [email, setEmail] = useState("");
  const total = totalOf(cart);
  const isEmpty = cart.length === 0;
  // Once a checkout, also where the cart changes in another tab.
  useEffect(() => {
    if (!isEmpty) tellCheckout(total);
  }, [isEmpty]);
  if (isEmpty && state === "ready") return <Redirect to="/cart" />;

  const place = async (): Promise<void> => {
    setState("waiting");
    try {
      const { order_id } = await orderPlaced(cart, email);
      rememberOrder({ id: order_id, lines: cart, cents: total });
      go(`/thanks/${order_id}`);
    } catch {
      setState("failed");
    }
  };
  return (
    <section className="narrow checkout">
      <h1>Checkout</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void place();
        }}
      >
        <label>
          E-mail
          <input
            type="email"
            required
            autoComplete="email"
            placeholder="you@example.com"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        <label>
          Name
          <input type="text" required autoComplete="name" placeholder="Robin Doe" />
        </label>
        <label>
          Address
          <input
            type="text"
            required
            autoComplete="street-address"
            placeholder="1 Example Street, 12345 Sampleton"
          />
        </label>
        <p className="card-line">This is a demo: no money moves, and nothing is sent.</p>
        <button type="submit" className="button wide" disabled={state === "waiting"}>
          {state === "waiting" ? "One moment…" : `Pay ${shown(total)}`}
        </button>
        <p role="alert">{state === "failed" && "The order was not taken. Try once more."}</p>
      </form>
      <ul className="summary">
        {cart.map((line) => (
          <li key={`${line.product} ${line.size}`}>
            {line.quantity} × {productOf(line.product)?.name}, {line.size}
          </li>
        ))}
      </ul>
    </section>
  );
}
