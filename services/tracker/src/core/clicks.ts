/** Clicks that tell something by themselves: buttons of carts, and `data-track`. */

import type { Fields } from "../module";
import { track } from "./events";
import { snake } from "./ids";
import { on } from "./safe";

const TOLD = '.cta-button,[data-cta="true"],[data-track]';

export function watchClicks(): void {
  on(document, "click", (event) => {
    // A button inside a component's shadow root is seen by the path alone.
    const element = event
      .composedPath()
      .find((node) => (node as Element).matches?.(TOLD)) as HTMLElement | undefined;
    if (!element || !event.isTrusted) return;
    const fields: Fields = {};
    for (const [name, value] of Object.entries(element.dataset)) {
      // `data-track-product-id` is the field `product_id`.
      if (/^track./.test(name)) fields[snake(name.slice(5))] = value;
    }
    track(element.dataset.track || "add_to_cart", fields);
  });
}
