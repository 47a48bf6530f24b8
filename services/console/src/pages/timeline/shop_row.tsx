import { CreditCard, Eye, FileText, Image, type LucideIcon, Megaphone, MousePointerClick, Search, ShoppingCart, Tag } from "lucide-react";
import type { ReactNode } from "react";
import { formatMoney } from "~/format/money";
import { formatCount } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { formatDuration, formatMoment, formatSeconds } from "~/format/time";
import { secondsOn } from "./blocks";
import { Picture } from "./picture";
import type { PersonEvent, PersonSession } from "./queries";

interface Told {
  icon: LucideIcon;
  tone?: "accent" | "ok";
  title: string | null;
  isStrong?: boolean;
  detail?: string | null;
  aside?: string | null;
}

interface ShopRowProps {
  event: PersonEvent;
  session: PersonSession | null;
  zone: string;
}

/** One event of a shop's visitor as a row, with its image below it. */
export function ShopRow({ event, session, zone }: ShopRowProps) {
  const { icon: Icon, tone, title, isStrong, detail, aside } = toldOf(event, session);
  const ring = tone === "ok" ? "border-ok-dot text-ok" : tone === "accent" ? "border-accent text-accent" : "border-line2 text-ink3";
  return (
    <div className="grid grid-cols-[3.75rem_1.5rem_minmax(0,1fr)_auto] items-start gap-x-2 py-1 max-md:grid-cols-[3.5rem_1.5rem_minmax(0,1fr)]">
      <time dateTime={event.occurred_at} title={`${formatMoment(event.occurred_at, zone)} ${zone}\n${event.occurred_at}`} className="pt-0.5 text-right text-sm text-ink3">
        {formatSeconds(event.occurred_at, zone)}
      </time>
      <span className={`inline-flex size-6 items-center justify-center rounded-full border bg-surface ${ring}`}>
        <Icon aria-hidden="true" size={13} />
      </span>
      <div className="min-w-0 pt-0.5">
        <p className="flex min-w-0 flex-wrap gap-x-2">
          <Foreign className={`max-w-full ${isStrong ? "font-semibold" : "font-medium"}`}>{title}</Foreign>
          {detail && <Foreign className="max-w-full text-ink3">{detail}</Foreign>}
        </p>
        <Images event={event} />
      </div>
      {aside && <span className={`pt-0.5 text-right max-md:col-start-3 max-md:text-left ${tone ? "font-medium" : "text-ink3"}`}>{aside}</span>}
    </div>
  );
}

function Images({ event }: { event: PersonEvent }): ReactNode {
  if (event.kind !== "image" && !(event.kind === "cart" && event.image_url !== null)) return null;
  return (
    <div className="mt-1.5 flex gap-2">
      <Picture event={event} label={event.kind === "cart" ? "The image that the cart names" : "Generated image"} small />
    </div>
  );
}

function toldOf(event: PersonEvent, session: PersonSession | null): Told {
  if (event.stream === "order") return orderTold(event);
  if (event.kind === "page") return pageTold(event, session);
  if (event.kind === "cart") return cartTold(event);
  if (event.kind === "search") return { icon: Search, title: `Searched “${event.text ?? ""}”`, aside: null };
  if (event.kind === "image") return { icon: Image, tone: "accent", title: "Image generated", detail: event.title };
  if (event.kind === "order") return { icon: Tag, tone: "ok", isStrong: true, title: "Bought", detail: event.title, aside: money(event) };
  const title = event.name === "identify" ? "Said who it is" : (event.name ?? "An event without a name");
  return { icon: MousePointerClick, title, detail: pathOf(event.page_url) };
}

const ORDERS: Record<string, string> = {
  paid: "Ordered",
  created: "Ordered, not paid yet",
  refunded: "Ordered, money given back",
  cancelled: "Ordered, then cancelled",
};

function orderTold(event: PersonEvent): Told {
  const items = event.quantity === null ? null : `${formatCount(event.quantity)} ${event.quantity === 1 ? "item" : "items"}`;
  const detail = [event.name ?? event.order_id, event.title, items].filter(Boolean).join(" · ");
  return { icon: Tag, tone: "ok", isStrong: true, title: ORDERS[event.type] ?? "Ordered", detail, aside: money(event) };
}

function pageTold(event: PersonEvent, session: PersonSession | null): Told {
  const seconds = secondsOn(event, session);
  const path = pathOf(event.page_url);
  const isLast = seconds === null && session !== null && session.exit_page !== null && path === plainPath(session.exit_page);
  const aside = seconds === null ? (isLast ? "left" : null) : formatDuration(Math.max(1, Math.round(seconds)));
  if (event.stream === "landing") return { icon: Megaphone, title: "Landing page", detail: event.product_id };
  if (event.type === "product_view") return { icon: Eye, title: event.title ?? event.product_id ?? path, detail: event.title || event.product_id ? path : null, aside };
  return { icon: FileText, title: path ?? "A page without an address", aside };
}

function cartTold(event: PersonEvent): Told {
  const product = event.title ?? event.product_id;
  if (event.type === "remove_from_cart") return { icon: ShoppingCart, title: "Took out of the cart", detail: product, aside: money(event) };
  if (event.type === "checkout_start") return { icon: CreditCard, title: "Began checkout", detail: product, aside: money(event) };
  const count = event.quantity !== null && event.quantity > 1 ? `${formatCount(event.quantity)} ×` : null;
  const image = event.stream === "cart" && event.image_url !== null ? "· from a generated image" : null;
  const detail = [count, product, image].filter(Boolean).join(" ");
  return { icon: ShoppingCart, tone: "accent", isStrong: true, title: "Put in cart", detail: detail || null, aside: money(event) };
}

function money(event: PersonEvent): string | null {
  return event.value === null ? null : formatMoney(event.value, event.currency);
}

/** Path and query of a URL; the text itself if it is not a URL. */
export function pathOf(address: string | null): string | null {
  if (address === null) return null;
  try {
    return plainPath(new URL(address).pathname);
  } catch {
    return address;
  }
}

/** A readable path: "/blog/a b" for "/blog/a%20b". */
export function plainPath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
