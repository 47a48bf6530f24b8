import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { FigureStrip } from "~/parts/figures";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { formatDuration, zoneName } from "~/format/time";
import { Read } from "~/parts/read";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { useStore } from "~/state/store";
import { Deliveries } from "./deliveries";
import { State, ageOf } from "./destinations";
import { DestinationDetail } from "./detail";
import { useNow } from "./now";
import { type Detail, destinationQuery } from "./queries";
import { troubleOf } from "./words";

/** One destination as a page: for narrow screens, and for links to it. */
export default function Destination() {
  const { destination } = useParams({ strict: false }) as { destination: string };
  const query = useQuery(destinationQuery(destination));
  return (
    <Page title={destination} parent={{ name: "Delivery", to: "/delivery" }} freshness={freshnessOf(query)}>
      <Read query={query} what={`the destination ${destination}`}>
        {({ data }) => (
          <>
            <Head one={data} />
            <DestinationDetail destination={destination} />
            <Deliveries destinations={[data]} only={data.name} />
          </>
        )}
      </Read>
    </Page>
  );
}

function Head({ one }: { one: Detail }) {
  const zone = useStore().time_zone;
  const now = useNow();
  const trouble = troubleOf(one, zone, zoneName(zone), now);
  const { requests, waiting } = one;
  const hour = `${formatCount(requests.delivered)} taken, ${formatCount(requests.failed)} failed`;
  return (
    <>
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 border-b border-line px-4 py-2">
        <State one={one} now={now} />
        {trouble && (
          <p role="status" className="min-w-0 basis-full break-words text-ink2">
            <strong className="font-semibold text-ink">{one.name}</strong> {trouble}
          </p>
        )}
      </div>
      <FigureStrip
        label={`${one.name} in figures`}
        figures={[
          { id: "waiting", name: "Waiting now", value: `${formatCount(waiting.events)}${waiting.more ? "+" : ""}`, tone: waiting.events ? "warn" : undefined, context: waiting.oldest_at ? `the oldest for ${ageOf(one, now)}` : "nothing waits" },
          { id: "p50", name: "p50, last hour", value: requests.p50 === null ? UNKNOWN : formatDuration(requests.p50), context: hour, definition: { text: "Half of the requests that it took in the last hour were answered within this time. An estimate, off by less than a quarter." } },
          { id: "p95", name: "p95, last hour", value: requests.p95 === null ? UNKNOWN : formatDuration(requests.p95), context: hour, definition: { text: "95% of the requests that it took in the last hour were answered within this time. An estimate, off by less than a quarter." } },
        ]}
      />
    </>
  );
}
