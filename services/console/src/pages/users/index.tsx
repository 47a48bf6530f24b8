import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { Filter } from "~/parts/choices";
import { Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { Empty, LoadingRows } from "~/parts/states";
import { Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { Key } from "~/shell/sidebar";
import { usePeriod } from "~/state/period";
import { sharedOf, useChoice, useFilter, usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { SORTS, columnsOf } from "./columns";
import { ExportButton } from "./export_button";
import { keepList, keepWords, wordsOf } from "./memory";
import { type Asked, type Sort, countriesQuery, peopleQuery, readFile } from "./queries";
import { SearchField } from "./search_field";

const KINDS = [["all", "All"], ["bot", "Bot"], ["shop", "Shop"]] as const;
const BOUGHT = [{ value: "yes", name: "Bought something" }, { value: "no", name: "Bought nothing" }];
const countries = new Intl.DisplayNames("en-GB", { type: "region", fallback: "code" });

/** All people of a store: visitors, users of its bot, customers. */
export default function Users() {
  const store = useStore();
  const { period, query: days } = usePeriod();
  const [search, change] = usePageSearch();
  const [kind, setKind] = useChoice("f.kind", ["all", "bot", "shop"], "all");
  const [bought, setBought] = useFilter("bought");
  const [country, setCountry] = useFilter("country");
  const { sort, setSort } = useSorting("users", SORTS, "-last_seen");
  const [words, searchBy] = useWords(store.store_id);
  const asked: Asked = {
    store_id: store.store_id,
    ...days,
    kind,
    ...(bought === "yes" || bought === "no" ? { bought: bought === "yes" } : {}),
    ...(country && /^[A-Z]{2}$/.test(country) ? { country } : {}),
    sort: sort as Sort,
  };
  const people = useQuery(peopleQuery(asked, words, search.cur));
  const places = useQuery(countriesQuery(asked));
  const columns = useMemo(() => columnsOf(store.time_zone), [store.time_zone]);
  const rows = people.data?.data;
  useEffect(() => {
    if (rows) keepList(store.store_id, rows.map((one) => one.id));
  }, [rows, store.store_id]);
  const clear = () => {
    searchBy("");
    change({ "f.kind": null, "f.bought": null, "f.country": null });
  };
  const isNarrowed = words !== "" || kind !== "all" || bought !== null || country !== null;
  return (
    <Page
      title="Users"
      period="Seen in"
      freshness={freshnessOf(people)}
      actions={<ExportButton name="people.csv" read={() => readFile(asked, words)} blocked={store.store_id ? null : "There is no store yet."} />}
      filters={
        <>
          <SearchField key={store.store_id} words={words} onSearch={searchBy} />
          <Segmented label="Where they are" value={kind} choices={KINDS} onChoose={setKind} />
          <Filter label="Bought" choices={BOUGHT} value={bought} onChoose={setBought} />
          <Filter
            label="Country"
            choices={(places.data ?? []).flatMap((one) => (one.country ? [{ value: one.country, name: countryName(one.country), count: `${formatCount(one.sessions)} sessions` }] : []))}
            value={country}
            onChoose={setCountry}
          />
          <span role="status" className="ml-auto text-sm text-ink2 max-md:hidden">
            {people.data && countOf(people.data.total, people.data.more)}
          </span>
        </>
      }
    >
      <Read query={people} what="the users" loading={<LoadingRows rows={20} />}>
        {(page) =>
          page.data.length === 0 && !search.cur ? (
            <Empty title={isNarrowed ? "Nobody matches" : `Nobody was last seen in these days: ${period.dates}`} onClear={isNarrowed ? clear : undefined}>
              {isNarrowed ? narrowedBy(words, kind, bought, country) : "Choose other days, or see whether the tracker or the bot sends events."}
            </Empty>
          ) : (
            <>
              {page.cut && (
                <p role="status" className="border-b border-line bg-warn-soft px-4 py-2">
                  Too many matches. Type more to narrow the list.
                </p>
              )}
              <Table
                label="Users"
                columns={columns}
                rows={page.data}
                idOf={(one) => one.id}
                sort={sort}
                onSort={setSort}
                linkOf={(one) => ({ to: `/users/${one.id}`, search: sharedOf(search) })}
                isBusy={people.isPlaceholderData}
              />
              <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun="users" isBusy={people.isPlaceholderData}>
                <span aria-hidden="true" className="flex items-center gap-1.5 text-ink3 max-md:hidden">
                  <Key>J</Key> <Key>K</Key> move <Key>↵</Key> open
                </span>
              </Pager>
            </>
          )
        }
      </Read>
    </Page>
  );
}

/** The searched text, kept in memory; a new text starts at the first page. */
function useWords(store: string): [string, (words: string) => void] {
  const [kept, setKept] = useState({ store, words: wordsOf(store) });
  const [, change] = usePageSearch();
  const words = kept.store === store ? kept.words : wordsOf(store);
  const searchBy = useCallback(
    (next: string) => {
      keepWords(store, next);
      setKept({ store, words: next });
      change({ cur: null }, { replace: true });
    },
    [store, change],
  );
  return [words, searchBy];
}

function countryName(code: string): string {
  try {
    return countries.of(code) ?? code;
  } catch {
    return code;
  }
}

function countOf(total: number, more: boolean): string {
  return `${more ? "more than " : ""}${formatCount(total)} ${total === 1 && !more ? "user" : "users"}`;
}

function narrowedBy(words: string, kind: string, bought: string | null, country: string | null): string {
  const parts = [
    words && `the search for “${readable(words)}”`,
    kind !== "all" && (kind === "bot" ? "those with a chat" : "those of the shop"),
    bought && (bought === "yes" ? "those who bought" : "those who bought nothing"),
    country && `the country ${countryName(country)}`,
  ].filter(Boolean);
  return `The list is narrowed to ${parts.join(", ")}.`;
}

