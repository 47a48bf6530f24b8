import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useWidth } from "~/charts/size";
import { readable } from "~/format/text";
import type { PageConfig } from "../queries";
import type { PageSlot } from "./merge";

/** The demo shop's store. Its pages are served beside the console, at this path. */
const DEMO_SHOP = "aster-and-loom.example";
const SHOP = "/demo";
const FRAME_WIDTHS = { desktop: 1280, mobile: 390 };
const FRAME_HEIGHT = 640;

/** The path of a page in the demo shop; null for other shops, and for pages that it does not have. */
export function shopPathOf(domain: string | null, page: Pick<PageConfig, "page_type" | "slug"> | null): string | null {
  if (domain !== DEMO_SHOP || !page) return null;
  if (page.page_type === "home") return "";
  // The page of all products is shown with one of them.
  return page.page_type === "product" ? `/p/${page.slug === "*" ? "coat-camel" : encodeURIComponent(page.slug)}` : null;
}

/** Whether the shop is served here: it is for local use only, and may not be built. */
function isServedQuery(isAsked: boolean) {
  return queryOptions({
    queryKey: ["demo-shop"],
    enabled: isAsked,
    staleTime: Infinity,
    queryFn: async ({ signal }) => (await fetch(`${SHOP}/preview`, { signal })).ok,
  });
}

/** The page in the demo shop: a path below the shop's, and an address. */
export interface ShopPlace {
  path: string;
  address: string;
  /** Whether the shop is known to be served. */
  isServed: boolean;
}

/** The page in the demo shop; null if it has none, or is not served. */
export function useShopPlace(domain: string | null, page: PageConfig | null): ShopPlace | null {
  const path = shopPathOf(domain, page);
  const { data, isError } = useQuery(isServedQuery(path !== null));
  if (path === null || data === false || isError) return null;
  return { path, address: `${SHOP}${path}`, isServed: data === true };
}

interface FrameProps {
  place: ShopPlace;
  slots: readonly PageSlot[];
  /** A variant's changes in words, by slot. */
  changed: Readonly<Record<string, string>>;
  width: "desktop" | "mobile";
  /** The variant's name. */
  name: string;
}

/** The shop's real page with the edited slots. The frame is a sandbox with an opaque origin, which messages
 * cannot be addressed to. So the frame sends a port of a message channel to this exact origin, and slots are
 * sent through that channel only. */
export function ShopFrame({ place, slots, changed, width, name }: FrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [port, setPort] = useState<MessagePort | null>(null);
  useLayoutEffect(() => {
    const hear = ({ source, origin, data, ports }: MessageEvent<unknown>) => {
      const isFrame = source !== null && source === frame.current?.contentWindow && origin === "null";
      if (isFrame && data === "storepulse.preview" && ports[0]) setPort(ports[0]);
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);
  useEffect(() => () => port?.close(), [port]);
  useEffect(() => port?.postMessage({ slots, changed }), [port, slots, changed]);

  const [box, room] = useWidth<HTMLDivElement>();
  const full = FRAME_WIDTHS[width];
  const scale = room > 0 ? Math.min(1, room / full) : 1;
  return (
    <div ref={box} className="min-w-0">
      <div className="mx-auto max-w-full overflow-hidden rounded-panel border border-line bg-surface" style={{ width: full * scale, height: FRAME_HEIGHT }}>
        {place.isServed && (
          <iframe
            ref={frame}
            key={place.path}
            data-shop-frame
            src={`${SHOP}/preview${place.path}`}
            sandbox="allow-scripts"
            title={`The shop’s page with ${readable(name)}`}
            style={{ width: full, height: FRAME_HEIGHT / scale, transform: `scale(${scale})`, transformOrigin: "0 0" }}
            className="block border-0"
          />
        )}
      </div>
    </div>
  );
}
