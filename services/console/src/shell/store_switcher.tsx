import { useSuspenseQuery } from "@tanstack/react-query";
import { Activity, ChevronsUpDown } from "lucide-react";
import { useState } from "react";
import { meQuery } from "~/api/session";
import { readable } from "~/format/text";
import { ChoiceList } from "~/parts/choices";
import { Popover } from "~/parts/popover";
import { usePageSearch } from "~/state/search";
import { chooseStore, slugOf, useStore, useStores } from "~/state/store";
import { useKeys } from "./keys";

/** Chooses the store that the pages are about. */
export function StoreSwitcher() {
  const store = useStore();
  const stores = useStores();
  const me = useSuspenseQuery(meQuery).data;
  const [, change] = usePageSearch();
  const [isOpen, setOpen] = useState(false);
  useKeys({ s: () => setOpen(true) });
  const choices = stores.map((one) => ({ value: slugOf(one), name: one.name, count: one.domain && one.domain !== one.name ? one.domain : undefined }));
  return (
    <Popover
      label="Store"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="flex min-h-11 w-full items-center gap-2.5 rounded-control px-1 text-left hover:bg-hover max-lg:justify-center">
          <span className="flex size-6 shrink-0 items-center justify-center rounded-control bg-primary text-on-primary">
            <Activity aria-hidden="true" size={14} />
          </span>
          <span className="min-w-0 flex-1 max-lg:sr-only">
            <span className="sr-only">Store: </span>
            <bdi className="block truncate font-semibold">{readable(store.name)}</bdi>
            {store.domain && store.domain !== store.name && <bdi className="block truncate text-sm text-ink3">{readable(store.domain)}</bdi>}
          </span>
          <ChevronsUpDown aria-hidden="true" size={14} className="shrink-0 text-ink3 max-lg:hidden" />
        </button>
      }
    >
      <ChoiceList
        label="Store"
        choices={choices}
        value={slugOf(store)}
        onChoose={(slug) => {
          const chosen = stores.find((one) => slugOf(one) === slug);
          if (chosen) change({ store: chooseStore(chosen) });
          setOpen(false);
        }}
      />
      {me.has_more_stores && <p className="mt-2 text-sm text-ink3">The first {choices.length}; there are more. A key of one store shows that one.</p>}
      {choices.length === 0 && <p className="text-ink2">This key has no store yet.</p>}
    </Popover>
  );
}
