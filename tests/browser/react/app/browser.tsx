/** Shows the page, or takes over the one that the server made. */

import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { Page, type Said } from "./page";

interface Shop {
  said: Said;
  show(): void;
  root?: Root;
  again(): void;
  setProvider(changed: object): void;
}

const shop = (globalThis as unknown as { shop: Shop }).shop;
const place = document.getElementById("root")!;
const onRecoverableError = (error: unknown) => console.error("recovered", String(error));

shop.show = () => {
  if (place.hasChildNodes()) {
    shop.root = hydrateRoot(place, <Page said={shop.said} />, { onRecoverableError });
  } else {
    shop.root = createRoot(place);
    shop.root.render(<Page said={shop.said} />);
  }
};
shop.setProvider = (changed) => {
  shop.said = { ...shop.said, provider: { ...shop.said.provider, ...changed } };
  shop.root?.render(<Page said={shop.said} />);
};
shop.again = () => {
  shop.root?.unmount();
  place.replaceChildren();
  shop.show();
};
shop.show();
