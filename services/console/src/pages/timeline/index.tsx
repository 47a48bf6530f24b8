import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { zoneName } from "~/format/time";
import { nameOf } from "~/pages/users/person_name";
import { neighboursOf } from "~/pages/users/memory";
import { IconButton } from "~/parts/button";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { LoadingRows } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { useKeys } from "~/shell/keys";
import { Page } from "~/shell/page";
import { Key } from "~/shell/sidebar";
import { sharedOf, useChoice, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { Facts } from "./facts";
import { type PersonDetails, personQuery } from "./queries";
import { Stream } from "./stream";

const OF_CHAT = [["all", "All"], ["messages", "Messages"], ["images", "Images"], ["commands", "Commands"], ["shop", "Shop"]] as const;
const OF_SHOP = [["all", "All"], ["pages", "Pages"], ["carts", "Carts"], ["orders", "Orders"], ["searches", "Searches"]] as const;
const KINDS: Record<string, string | undefined> = {
  messages: "message",
  images: "image",
  commands: "command",
  shop: "page,cart,order,search,other",
  pages: "page",
  carts: "cart",
  orders: "order",
  searches: "search",
};

/** One person: facts beside all events. */
export default function Timeline() {
  const { person: id } = useParams({ strict: false }) as { person: string };
  const store = useStore();
  const person = useQuery(personQuery(store.store_id, id));
  return (
    <Page
      title={person.data ? (nameOf(person.data) ?? "anonymous") : "User"}
      parent={{ name: "Users", to: "/users" }}
      freshness={freshnessOf(person)}
      actions={<Neighbours store={store.store_id} id={person.data?.id ?? id} />}
    >
      <Read query={person} what="this user" loading={<LoadingRows rows={14} />}>
        {(data) => <Person key={data.id} person={data} store={store.store_id} />}
      </Read>
    </Page>
  );
}

function Person({ person, store }: { person: PersonDetails; store: string }) {
  const isChat = person.telegram_id !== null;
  const choices = isChat ? OF_CHAT : OF_SHOP;
  const [show, setShow] = useChoice<string>("f.show", choices.map(([one]) => one), "all");
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:h-[calc(100dvh-3rem)] lg:flex-none lg:flex-row">
      <aside aria-label="Facts" className="w-[17.25rem] shrink-0 overflow-auto border-r border-line max-lg:hidden" tabIndex={0}>
        <Facts person={person} />
      </aside>
      <details className="border-b border-line lg:hidden">
        <summary className="flex min-h-11 items-center px-4 font-medium">What is known of this user</summary>
        <div className="border-t border-line">
          <Facts person={person} />
        </div>
      </details>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="relative flex min-h-12 items-center gap-2 overflow-x-auto border-b border-line px-4 py-1.5">
          <Segmented label="What is shown" value={show} choices={choices} onChoose={setShow} />
          <span className="ml-auto flex shrink-0 items-center gap-1.5 text-sm text-ink3 max-md:hidden">
            {isChat ? "oldest first" : "newest session first"} · {zoneName(person.tz)}
            <span aria-hidden="true" className="flex gap-1">
              <Key>J</Key>
              <Key>K</Key>
            </span>
          </span>
        </div>
        <Stream store={store} person={person.id} zone={person.tz} isChat={isChat} kinds={KINDS[show]} onShowAll={() => setShow("all")} />
      </div>
    </div>
  );
}

/** Links to the people before and after this one in the list from which it was opened. */
function Neighbours({ store, id }: { store: string; id: string }) {
  const navigate = useNavigate();
  const [search] = usePageSearch();
  const { isListed, before, behind } = neighboursOf(store, id);
  const go = (to: string | null) => {
    if (to === null) return false;
    void navigate({ to: `/users/${to}`, search: sharedOf(search) as never });
    return true;
  };
  useKeys({ j: () => go(behind), k: () => go(before) });
  const reason = (edge: string) => (isListed ? `This is the ${edge} user of the list's page.` : "Open a user from the list to go through it.");
  return (
    <>
      <IconButton name="Previous user" icon={<ChevronLeft aria-hidden="true" size={16} />} blocked={before === null ? reason("first") : null} onClick={() => go(before)} />
      <IconButton name="Next user" icon={<ChevronRight aria-hidden="true" size={16} />} blocked={behind === null ? reason("last") : null} onClick={() => go(behind)} />
    </>
  );
}
