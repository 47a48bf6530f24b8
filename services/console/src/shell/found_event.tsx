/** Finds what a UUID in the palette belongs to: the deliveries of an event, or a dead letter. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Inbox, Send } from "lucide-react";
import type { ReactNode } from "react";
import { client, dataOf } from "~/api/client";
import { ApiError } from "~/api/errors";
import { type Search, sharedOf, usePageSearch } from "~/state/search";
import { useScope } from "~/state/store";
import type { FoundProps } from "./found";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function FoundEvent({ words, onLeave, className }: FoundProps) {
  const text = words.trim().toLowerCase();
  const id = UUID.test(text) ? text : null;
  const blocked = useScope("ops");
  const hasDelivery = useIsThere("delivery", id, async (signal) => dataOf(await client.GET("/api/delivery/events", { params: { query: { event_id: id!, limit: 1 } }, signal })).data.length > 0);
  const hasLetter = useIsThere("letter", blocked ? null : id, async (signal) => dataOf(await client.GET("/api/dead-letters/{dead_letter_id}", { params: { path: { dead_letter_id: id! } }, signal })) !== null);
  if (id === null || !(hasDelivery || hasLetter)) return null;
  const short = `${id.slice(0, 8)}…`;
  return (
    <Command.Group heading="By its id" className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-ink3">
      {hasDelivery && <Lead name={`Delivery of event ${short}`} value={`${words} delivery`} icon={<Send aria-hidden="true" size={15} className="text-ink3" />} to="/delivery" own={{ "f.event": id }} onLeave={onLeave} className={className} />}
      {hasLetter && <Lead name={`Dead letter ${short}`} value={`${words} letter`} icon={<Inbox aria-hidden="true" size={15} className="text-ink3" />} to={`/dead-letters/${id}`} onLeave={onLeave} className={className} />}
    </Command.Group>
  );
}

/** Whether the API knows it; an unknown id is not a fault. */
function useIsThere(kind: string, id: string | null, read: (signal: AbortSignal) => Promise<boolean>): boolean {
  const query = useQuery({
    queryKey: ["found", kind, id],
    queryFn: async ({ signal }) => {
      try {
        return await read(signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      }
    },
    enabled: id !== null,
    placeholderData: undefined,
  });
  return id !== null && query.data === true;
}

interface LeadProps {
  name: string;
  value: string;
  icon: ReactNode;
  to: string;
  own?: Search;
  onLeave: () => void;
  className: string;
}

function Lead({ name, value, icon, to, own = {}, onLeave, className }: LeadProps) {
  const navigate = useNavigate();
  const [search] = usePageSearch();
  return (
    <Command.Item
      value={value}
      className={className}
      onSelect={() => {
        onLeave();
        void navigate({ to, search: { ...sharedOf(search), ...own } as never });
      }}
    >
      {icon}
      {name}
    </Command.Item>
  );
}
