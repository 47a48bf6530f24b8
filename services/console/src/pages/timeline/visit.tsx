import { LogIn } from "lucide-react";
import { formatMoney } from "~/format/money";
import { readable } from "~/format/text";
import { formatClock } from "~/format/time";
import { Badge } from "~/parts/badge";
import { type Block, outcomeOf } from "./blocks";
import { machineOf } from "./device";
import type { PersonSession } from "./queries";
import { ShopRow, plainPath } from "./shop_row";

/** One visit: its origin, its events and its outcome. */
export function Visit({ block, zone }: { block: Block; zone: string }) {
  const { session, events } = block;
  if (session === null) {
    return (
      <li>
        {events.map((event) => (
          <ShopRow key={event.event_id} event={event} session={null} zone={zone} />
        ))}
      </li>
    );
  }
  const [start, end] = [formatClock(session.started_at, zone), formatClock(session.ended_at, zone)];
  return (
    <li>
      <div className="flex min-h-9 flex-wrap items-center gap-x-2 gap-y-1 rounded-control bg-sunken px-3 py-1.5">
        <LogIn aria-hidden="true" size={13} className="shrink-0 text-ink3" />
        <h3 className="shrink-0 font-semibold">{start === end ? start : `${start}–${end}`}</h3>
        <bdi className="min-w-0 flex-1 truncate text-ink2" title={readable(cameBy(session))}>
          {readable(cameBy(session))}
        </bdi>
        <Outcome session={session} />
      </div>
      {events.map((event) => (
        <ShopRow key={event.event_id} event={event} session={session} zone={zone} />
      ))}
    </li>
  );
}

function cameBy(session: PersonSession): string {
  const pages = `${session.pages} ${session.pages === 1 ? "page" : "pages"}`;
  const entered = session.entry_page === null ? pages : `entered on ${plainPath(session.entry_page)}`;
  return [session.source === null ? "direct" : `from ${session.source}`, machineOf(session.user_agent), entered].filter(Boolean).join(" · ");
}

function Outcome({ session }: { session: PersonSession }) {
  const outcome = outcomeOf(session);
  if (outcome === "bought") {
    const money = session.bought.filter((one) => one.currency !== "").map((one) => formatMoney(one.value, one.currency));
    return <Badge tone="ok">{["bought", ...money].join(" ")}</Badge>;
  }
  if (outcome === "checkout") return <Badge tone="warn">left at checkout</Badge>;
  if (outcome === "cart") return <Badge tone="warn">left a cart behind</Badge>;
  const from = session.exit_page === null ? "left" : `left from ${plainPath(session.exit_page)}`;
  return (
    <bdi className="max-w-60 truncate text-sm text-ink3" title={readable(from)}>
      {readable(from)}
    </bdi>
  );
}
