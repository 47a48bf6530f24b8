/** The pages of this visit, each asked for once: what was shown stays. */

import { useEffect, useState } from "react";
import { setup, slotsOf } from "../backend";
import type { ShownPage } from "./slots";

const known = new Map<string, ShownPage>(setup.page ? [[nameOf(setup.page), setup.page]] : []);

function nameOf({ page_type, slug }: Pick<ShownPage, "page_type" | "slug">): string {
  return `${page_type}/${slug}`;
}

/** A page with its slots; null while its server is asked, which answers within a second or two. */
export function usePage(page_type: "home" | "product", slug: string): ShownPage | null {
  const name = nameOf({ page_type, slug });
  const [, draw] = useState(0);
  useEffect(() => {
    if (known.has(name)) return;
    let isHere = true;
    const settle = (page: ShownPage): void => {
      if (!known.has(name)) known.set(name, page);
      if (isHere) draw((count) => count + 1);
    };
    const slots = setup.slots[page_type] ?? [];
    const own = { page_type, slug, slots, is_preview: false, variants: {} };
    slotsOf(slug).then(settle, () => settle(own));
    return () => {
      isHere = false;
    };
  }, [name, page_type, slug]);
  return known.get(name) ?? null;
}
