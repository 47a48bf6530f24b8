import { useParams } from "@tanstack/react-router";
import { Page } from "~/shell/page";
import { useStores } from "~/state/store";
import { DetailHead, EventDetail, useDetail } from "./detail";

/** One event as a page: on narrow screens, and for links to it. */
export default function LiveEventPage() {
  const { event: id } = useParams({ strict: false }) as { event: string };
  const { data } = useDetail(id);
  const stores = useStores();
  const zone = stores.find((one) => one.store_id === data?.event.store_id)?.time_zone ?? "UTC";
  return (
    <Page title={data ? data.event.type || data.event.stream : "Event"} parent={{ name: "Live", to: "/live" }}>
      <div className="mx-auto w-full max-w-3xl">
        <div className="flex min-h-12 items-center gap-2 border-b border-line px-4">
          <DetailHead id={id} zone={zone} />
        </div>
        <EventDetail id={id} zone={zone} />
      </div>
    </Page>
  );
}
