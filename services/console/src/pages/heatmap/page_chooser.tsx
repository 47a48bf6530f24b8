import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { ChoiceList } from "~/parts/choices";
import { Popover } from "~/parts/popover";
import type { PageEvents } from "./queries";

interface PageChooserProps {
  pages: readonly PageEvents[];
  /** The number of pages; null if not all were counted. */
  total: number | null;
  /** Null before it is known, and if there is none. */
  value: string | null;
  onChoose: (page: string) => void;
}

/** Maximum of rows shown; typing finds the others. */
const SHOWN = 100;

/** Chooses a page: those with the most events first, and a field that searches by a part of the path. */
export function PageChooser({ pages, total, value, onChoose }: PageChooserProps) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const words = typed.trim().toLowerCase();
  const found = words ? pages.filter((one) => one.page.toLowerCase().includes(words)) : pages;
  const choices = found.slice(0, SHOWN).map((one) => ({ value: one.page, name: one.page, count: formatCount(eventsOf(one)) }));
  const chosen = pages.find((one) => one.page === value);
  const choose = (page: string) => {
    onChoose(page);
    setOpen(false);
    setTyped("");
  };
  return (
    <Popover
      label="Page"
      width="w-96"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <button type="button" data-page={value ?? undefined} disabled={value === null} className="inline-flex h-8 w-56 max-w-full items-center gap-2 rounded-control border border-line2 px-2.5 hover:bg-hover max-md:w-full pointer-coarse:h-11">
          <span className="text-ink2">Page</span>
          <bdi className="min-w-0 flex-1 truncate text-left font-medium">{value === null ? UNKNOWN : readable(value)}</bdi>
          <span className="text-ink3">{chosen ? formatCount(eventsOf(chosen)) : ""}</span>
          <ChevronDown aria-hidden="true" size={14} className="shrink-0 text-ink3" />
        </button>
      }
    >
      <input
        type="search"
        aria-label="Find a page"
        placeholder="Find a page"
        value={typed}
        maxLength={200}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && choices[0] && choose(choices[0].value)}
        className="mb-2 h-8 w-full rounded-control border border-edge bg-surface px-2.5 pointer-coarse:h-11"
      />
      <ChoiceList label="Page" choices={choices} value={value} onChoose={choose} />
      <p role="status" className="mt-2 text-sm text-ink3">
        {found.length === 0 ? "No page of this period has that in its path." : leftOut(found.length, pages.length, total)}
      </p>
    </Popover>
  );
}

export function eventsOf(page: PageEvents): number {
  return page.pointer_events + page.scroll_events;
}

/** How many pages the list does not show. */
function leftOut(found: number, read: number, total: number | null): string {
  if (found > SHOWN) return `The ${SHOWN} of ${formatCount(found)} pages with most events; type to find the others.`;
  if (total === null || total > read) return `Of the ${formatCount(read)} pages with most events.`;
  return "Events are clicks, hovers and scrolls of all devices, without robots.";
}
