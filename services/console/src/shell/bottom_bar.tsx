import { Link } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import { useId, useState } from "react";
import { Popover } from "~/parts/popover";
import { useSearchOf } from "~/state/last_search";
import { Account } from "./account";
import { Foot } from "./foot";
import { Mark } from "./marks";
import { PAGES, type PageEntry } from "./pages";
import { StoreSwitcher } from "./store_switcher";

const SHOWN = ["/overview", "/live", "/users", "/dead-letters"];
/** Names that would be cut there. */
const SHORT: Record<string, string> = { "/dead-letters": "Letters" };

/** Phones: four pages and the rest under More. */
export function BottomBar({ onSearch }: { onSearch: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const entry = "flex h-14 min-w-0 flex-col items-center justify-center gap-0.5 text-xs text-ink2 aria-[current=page]:font-medium aria-[current=page]:text-ink";
  return (
    <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t border-line bg-surface md:hidden">
      {PAGES.filter((page) => SHOWN.includes(page.path)).map((page) => (
        <Entry key={page.path} page={page} name={SHORT[page.path]} className={entry} />
      ))}
      <Popover
        label="More"
        align="end"
        open={isOpen}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className={entry}>
            <Menu aria-hidden="true" size={18} />
            More
          </button>
        }
      >
        <StoreSwitcher />
        <button type="button" className="my-2 h-11 w-full rounded-control border border-line2 text-left px-3" onClick={onSearch}>
          Search…
        </button>
        <ul onClick={() => setOpen(false)}>
          {PAGES.filter((page) => !SHOWN.includes(page.path)).map((page) => (
            <li key={page.path}>
              <Entry page={page} className="flex h-11 items-center gap-3 rounded-control px-2 hover:bg-hover aria-[current=page]:bg-hover" />
            </li>
          ))}
        </ul>
        <Account />
        <Foot />
      </Popover>
    </nav>
  );
}

function Entry({ page, name = page.name, className }: { page: PageEntry; name?: string; className: string }) {
  const searchOf = useSearchOf();
  const Icon = page.icon;
  const mark = useId();
  return (
    <Link to={page.path} aria-describedby={mark} search={searchOf(page.path) as never} className={className}>
      <span className="relative">
        <Icon aria-hidden="true" size={18} />
        <span className="absolute -top-2 left-3.5 rounded-badge bg-surface px-0.5">
          <Mark page={page.path} id={mark} />
        </span>
      </span>
      {name}
    </Link>
  );
}
