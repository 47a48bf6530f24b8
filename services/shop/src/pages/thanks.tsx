import { useEffect } from "react";
import { Link } from "wouter";
import { emptyCart } from "../cart";
import { shown } from "../money";
import { placedOrder } from "../placed_order";
import { tellPurchase } from "../tracking";

/** Tells the purchase each time it is shown: the order's number makes it one, however often. */
export function ThanksPage({ order: id }: { order: string }) {
  const order = placedOrder(id);
  useEffect(() => {
    if (order === undefined) return;
    tellPurchase(order.id, order.lines, order.cents);
    emptyCart();
  }, [order]);
  return (
    <section className="narrow thanks">
      <p className="kicker">Order {id}</p>
      <h1>Thank you. It is on its way.</h1>
      {order !== undefined && (
        <p>
          {shown(order.cents)} in all. Load this page again: the order still counts once.
        </p>
      )}
      <Link href="/" className="button">
        Back to the shop
      </Link>
    </section>
  );
}
