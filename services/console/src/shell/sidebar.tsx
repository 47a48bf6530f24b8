import { Link } from "@tanstack/react-router";
import { CircleUser, Search as SearchIcon } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { Popover } from "~/parts/popover";
import { useSearchOf } from "~/state/last_search";
import { Account } from "./account";
import { Foot } from "./foot";
import { MOD } from "./keys";
import { Mark } from "./marks";
import { PAGES, type PageEntry } from "./pages";
import { StoreSwitcher } from "./store_switcher";

const GROUPS = ["", "Shop", "Growth", "Pipeline", "Account"] as const;

/** 212 px wide from 1024 px on, icons only from 768 px; below that, the bottom bar replaces it. */
export function Sidebar({ onSearch }: { onSearch: () => void }) {
  return (
    <aside aria-label="Shop and pages" className="sticky top-0 flex h-dvh w-14 shrink-0 flex-col gap-2 overflow-x-hidden overflow-y-auto border-r border-line bg-canvas p-2 max-md:hidden lg:w-53">
      <StoreSwitcher />
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 shrink-0 items-center gap-2 rounded-control border border-line2 bg-surface px-2 text-ink3 hover:text-ink max-lg:justify-center"
        title="Search"
      >
        <SearchIcon aria-hidden="true" size={14} className="shrink-0" />
        <span className="rail-name">Search…</span>
        <span className="ml-auto flex gap-1 max-lg:hidden" aria-hidden="true">
          <Key>{MOD}</Key>
          <Key>K</Key>
        </span>
      </button>
      <nav aria-label="Pages">
        {GROUPS.map((group) => (
          <Group key={group} name={group} pages={PAGES.filter((page) => page.group === group)} />
        ))}
      </nav>
      <div className="mt-auto flex flex-col gap-2">
        <Popover label="Account" trigger={<AccountButton />}>
          <Account />
        </Popover>
        <div className="max-lg:hidden">
          <Foot />
        </div>
      </div>
    </aside>
  );
}

function AccountButton(props: ComponentProps<"button">) {
  return (
    <button type="button" {...props} title="Your key" className="flex h-[30px] w-full items-center gap-2.5 rounded-control px-2 text-ink2 hover:bg-hover hover:text-ink max-lg:h-9 max-lg:justify-center">
      <CircleUser aria-hidden="true" size={16} className="shrink-0" />
      <span className="rail-name font-medium">Your key</span>
    </button>
  );
}

export function Key({ children }: { children: ReactNode }) {
  return <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-badge border border-line2 px-1 font-sans text-xs text-ink2">{children}</kbd>;
}

function Group({ name, pages }: { name: string; pages: readonly PageEntry[] }) {
  if (pages.length === 0) return null;
  return (
    <>
      {name && <h2 className="mt-4 mb-1 px-2 text-sm text-ink3 max-lg:sr-only">{name}</h2>}
      <ul>
        {pages.map((page) => (
          <li key={page.path}>
            <PageLink page={page} />
          </li>
        ))}
      </ul>
    </>
  );
}

function PageLink({ page }: { page: PageEntry }) {
  const searchOf = useSearchOf();
  const Icon = page.icon;
  const mark = useId();
  return (
    <Link
      to={page.path}
      aria-describedby={mark}
      search={searchOf(page.path) as never}
      title={page.name}
      className="relative flex h-[30px] items-center gap-2.5 rounded-control px-2 text-ink2 hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:text-ink max-lg:h-9 max-lg:justify-center"
    >
      <Icon aria-hidden="true" size={16} className="shrink-0" />
      <span className="rail-name min-w-0 flex-1 truncate font-medium">{page.name}</span>
      <span className="max-lg:absolute max-lg:-top-0.5 max-lg:right-0.5">
        <Mark page={page.path} id={mark} />
      </span>
    </Link>
  );
}
