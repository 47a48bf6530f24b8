import { useQuery } from "@tanstack/react-query";
import { formatMoment, formatSeconds, formatWeekday } from "~/format/time";
import { Foreign } from "~/format/text";
import { Pane } from "~/parts/pane";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { useStore } from "~/state/store";
import { type CartEvent, type CartStep, journeyQuery } from "./queries";

const MOST_STEPS = 500;
const KINDS: Record<string, string> = {
  cart_add: "Put in the cart",
  page_view: "Page viewed",
  product_view: "Product viewed",
  add_to_cart: "Added to cart",
  remove_from_cart: "Removed from cart",
  checkout_start: "Checkout begun",
  purchase: "Bought",
  search: "Searched",
  custom: "Own event",
};

/** What the customer of an addition did in the shop, in order of time. */
export function Journey({ event, onClose }: { event: CartEvent; onClose: () => void }) {
  const journey = useQuery(journeyQuery(event));
  const isKnown = Boolean(event.sessionId ?? event.customerEmail);
  return (
    <Pane label="Journey" row={event.eventId} onClose={onClose} head={<h2 className="truncate font-semibold">Journey</h2>}>
      <Facts event={event} />
      {isKnown ? (
        <Read query={journey} what="the journey">
          {(steps) => <Steps steps={steps} at={event.occurredAt} />}
        </Read>
      ) : (
        <Empty title="Nobody is named">This addition names neither a session nor a customer, so nothing else is known of it.</Empty>
      )}
    </Pane>
  );
}

function Facts({ event }: { event: CartEvent }) {
  const { time_zone: zone } = useStore();
  const name = [event.customerFirstName, event.customerLastName].filter(Boolean).join(" ");
  const facts: [string, React.ReactNode][] = [
    ["Added", formatMoment(event.occurredAt, zone)],
    ["Arrived", formatMoment(event.createdAt, zone)],
    ["Product", <Foreign key="p">{event.productTitle ?? event.productId}</Foreign>],
    ["Customer", <Foreign key="c">{[name, event.customerEmail].filter(Boolean).join(" · ") || null}</Foreign>],
    ["Session", <Foreign key="s" className="font-mono text-sm">{event.sessionId}</Foreign>],
    ["Id", <Foreign key="i" className="font-mono text-sm">{event.id}</Foreign>],
  ];
  return (
    <dl className="grid shrink-0 grid-cols-[5rem_minmax(0,1fr)] gap-y-1 border-b border-line px-4 py-3">
      {facts.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-ink3">{term}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Steps({ steps, at }: { steps: readonly CartStep[]; at: string }) {
  const { time_zone: zone } = useStore();
  return (
    <>
      <ol aria-label="Steps" className="px-4 py-3">
        {steps.map((step, place) => {
          const day = formatWeekday(step.at, zone);
          const isNewDay = place === 0 || day !== formatWeekday(steps[place - 1]!.at, zone);
          const isThis = step.kind === "cart_add" && step.at === at;
          return (
            <li key={place}>
              {isNewDay && <p className="mt-2 mb-1 text-sm text-ink3 first:mt-0">{day}</p>}
              <div className={`flex gap-3 rounded-control px-2 py-1.5 ${isThis ? "bg-accent-soft" : ""}`}>
                <time dateTime={step.at} title={step.at} className="shrink-0 text-sm text-ink3">
                  {formatSeconds(step.at, zone)}
                </time>
                <div className="min-w-0">
                  <p className="font-medium">
                    {KINDS[step.kind] ?? step.kind}
                    {step.generatedImageUrl && <span className="font-normal text-ink3"> · from a generated image</span>}
                  </p>
                  <Foreign none="" className="text-sm text-ink2">
                    {step.productTitle ?? step.productId ?? step.pageUrl}
                  </Foreign>
                </div>
              </div>
            </li>
          );
        })}
      </ol>
      {steps.length >= MOST_STEPS && <p className="px-4 pb-4 text-sm text-ink3">The first {MOST_STEPS} steps; more are not shown.</p>}
    </>
  );
}
