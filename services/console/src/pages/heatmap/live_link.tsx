import { ExternalLink } from "lucide-react";
import { type FormEvent, useState } from "react";
import { faultText } from "~/api/errors";
import { safeAddress } from "~/format/text";
import { formatClock, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import { Field } from "~/parts/dialog";
import { Popover } from "~/parts/popover";
import { useStore } from "~/state/store";
import { useLiveLink } from "./queries";
import { addressOf, isPattern } from "./words";

/** Opens the shop's real page with the heatmap over it, by a link that expires within an hour. */
export function LiveLink({ page }: { page: string }) {
  const { store_id: store, domain, time_zone: zone } = useStore();
  const link = useLiveLink(store);
  const [address, setAddress] = useState(addressOf(domain, page) ?? "");
  const make = (event: FormEvent) => {
    event.preventDefault();
    if (address.trim()) link.mutate(address.trim());
  };
  const target = safeAddress(link.data?.url);
  return (
    <Popover
      label="Open on the live page"
      align="end"
      width="w-96"
      trigger={
        <Button icon={<ExternalLink aria-hidden="true" size={14} />}>
          <span className="max-md:sr-only">Open on the live page</span>
        </Button>
      }
    >
      <form onSubmit={make} className="flex flex-col gap-3">
        <p className="text-ink2">The page must load the tracker. Whoever has the link sees this page’s figures until it ends, an hour from now at the latest.</p>
        <Field label="Address of the page" value={address} onChange={setAddress} hint={isPattern(page) ? "This entry stands for many pages: name one of them." : undefined} />
        <Button type="submit" blocked={address.trim() ? null : "Say first which page."} busy={link.isPending}>
          Make a link
        </Button>
      </form>
      <div role="status" className="mt-3 empty:hidden">
        {link.error && <p className="text-bad">{faultText(link.error)}</p>}
        {target && link.data && (
          <p>
            <a href={target} target="_blank" rel="noopener noreferrer" className="font-medium text-accent underline">
              Open the page with its heatmap
            </a>
            <span className="block text-sm text-ink3">
              Until {formatClock(link.data.expiresAt, zone)} {zoneName(zone)}.
            </span>
          </p>
        )}
      </div>
    </Popover>
  );
}
