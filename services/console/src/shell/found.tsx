/** Finds the person that an id in the palette belongs to, by a chat, a visitor, an order or another id. */

import { Command } from "cmdk";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { User } from "lucide-react";
import { useEffect, useState } from "react";
import { client, dataOf } from "~/api/client";
import { readable } from "~/format/text";
import { nameOf, placeOf } from "~/pages/users/person_name";
import { sharedOf, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";

export interface FoundProps {
  words: string;
  onLeave: () => void;
  className: string;
}

const PAUSE = 250;
/** Shorter texts are treated as the beginnings of pages' names only. */
const LEAST = 4;
const SHOWN = 5;

export function Found({ words, onLeave, className }: FoundProps) {
  const store = useStore();
  const navigate = useNavigate();
  const [search] = usePageSearch();
  const asked = usePaused(words.trim());
  const people = useQuery({
    queryKey: ["found", store.store_id, asked],
    queryFn: async ({ signal }) =>
      dataOf(
        await client.POST("/api/people/search", {
          body: { store_id: store.store_id, search: asked, limit: SHOWN, kind: "all", sort: "-last_seen", include_bots: false },
          signal,
        }),
      ).data,
    enabled: store.store_id !== "" && asked.length >= LEAST && asked.length <= 255,
    placeholderData: undefined,
  });
  if (asked !== words.trim() || !people.data?.length) return null;
  return (
    <Command.Group heading="Users" className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-ink3">
      {people.data.map((person) => {
        const { word, id } = placeOf(person);
        return (
          <Command.Item
            key={person.id}
            value={`${words} ${person.id}`}
            className={className}
            onSelect={() => {
              onLeave();
              void navigate({ to: `/users/${person.id}`, search: sharedOf(search) as never });
            }}
          >
            <User aria-hidden="true" size={15} className="text-ink3" />
            <bdi className="min-w-0 truncate">{readable(nameOf(person) ?? "anonymous")}</bdi>
            <bdi className="min-w-0 flex-1 truncate text-right text-sm text-ink3">{readable([word, id].filter(Boolean).join(" "))}</bdi>
          </Command.Item>
        );
      })}
    </Command.Group>
  );
}

/** The text, updated after typing pauses. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
