/** Clicks that tell something by themselves: buttons of carts, and `data-track`. */

import type { Fields } from "../module";
import { track } from "./events";
import { on } from "./safe";

const TOLD = '.cta-button,[data-cta=true],[data-track]';

export function watchClicks(): void {
  on(document, "click", (event) => {
    // A button inside a component's shadow root is seen by the path alone.
    const element = event
      .composedPath()
      .find((node) => (node as Element).matches?.(TOLD)) as HTMLElement | undefined;
    if (!element || !event.isTrusted) return; // by the visitor, not by a script
    const fields: Fields = {};
    for (const { name, value } of element.attributes) {
      // `data-track-product-id` is the field `product_id`.
      const field = name.split("data-track-")[1];
      if (field) fields[field.replaceAll("-", "_")] = value;
    }
    track(element.dataset.track || "add_to_cart", fields);
  });
}
