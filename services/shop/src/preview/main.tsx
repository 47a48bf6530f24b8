/**
 * The shop's page inside the console's editor of experiments: drawn from the slots that it is handed.
 *
 * It is served in a sandbox, so it has an origin of its own: it reads and stores nothing of the shop,
 * and reaches nobody. It gives one end of a channel to the page that frames it, where that page is
 * of the shop's own origin, and takes slots from that channel alone. Nothing in it can be pressed.
 */

import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { PRODUCTS, productOf } from "../catalogue";
import { Header } from "../parts/header";
import { SearchBar } from "../parts/search_bar";
import { Blocks, DifferencesContext } from "../slots/blocks";
import { HOME } from "../slots/home_blocks";
import { PRODUCT } from "../slots/product_blocks";
import { ProductBlocks } from "../slots/product_page";
import { type Slot, slotsIn } from "../slots/slots";

interface Handed {
  slots: readonly Slot[];
  changed: Readonly<Record<string, string>>;
}

const slug = /^\/demo\/preview\/p\/([^/]+)/.exec(location.pathname)?.[1];
const channel = new MessageChannel();
const nothing = (): void => undefined;

function changedIn(value: unknown): Record<string, string> {
  const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
  return Object.fromEntries(entries.filter((one): one is [string, string] => typeof one[1] === "string"));
}

function Preview() {
  const [handed, setHanded] = useState<Handed | null>(null);
  useEffect(() => {
    channel.port1.onmessage = ({ data }: MessageEvent<{ slots?: unknown; changed?: unknown } | null>) =>
      setHanded({ slots: slotsIn(data?.slots), changed: changedIn(data?.changed) });
    // Its own address tells the origin, though it has none: a page of any other gets nothing.
    if (window.parent !== window) window.parent.postMessage("storepulse.preview", location.origin, [channel.port2]);
  }, []);
  const first = handed && Object.keys(handed.changed)[0];
  useEffect(() => {
    document.querySelector("[data-changed]")?.scrollIntoView({ block: "nearest" });
  }, [first]);
  if (handed === null) return null;
  return (
    <DifferencesContext value={handed}>
      <Header onChat={nothing} onPanel={nothing} panelOpen={false} />
      <main>{slug === undefined ? <FrontBlocks slots={handed.slots} /> : <Details slots={handed.slots} />}</main>
    </DifferencesContext>
  );
}

function FrontBlocks({ slots }: { slots: readonly Slot[] }) {
  return (
    <>
      <SearchBar query="" onChange={nothing} onSubmit={nothing} />
      <Blocks slots={slots} components={HOME} />
    </>
  );
}

/** The page of all products is shown with one of them. */
function Details({ slots }: { slots: readonly Slot[] }) {
  const product = productOf(slug ?? "") ?? PRODUCTS[0]!;
  return <ProductBlocks product={product} slots={slots} components={PRODUCT} />;
}

createRoot(document.getElementById("shop")!).render(
  <Router base="/demo/preview">
    <div className="shop" inert>
      <Preview />
    </div>
  </Router>,
);
