import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { formatCount } from "~/format/numbers";
import { type Search, usePageSearch } from "~/state/search";
import { Button } from "./button";

/** Rows per page, in every list. */
export const PAGE_ROWS = 50;

interface PagerProps {
  /** Rows on this page. */
  shown: number;
  nextCursor: string | null | undefined;
  total?: number | null;
  /** Whether there are more than `total`. */
  more?: boolean;
  /** What a row is, in the plural: "users". */
  noun: string;
  isBusy?: boolean;
  children?: ReactNode;
}

/** "1–50 of 104,233 users · Next". Cursors lead forward only, so the way back is remembered. */
export function Pager({ shown, nextCursor, total, more, noun, isBusy, children }: PagerProps) {
  const [search, change] = usePageSearch();
  const trail = trailOf(search);
  const start = trail ? trail.length * PAGE_ROWS : null;
  const isFirst = !search.cur;
  const all = total == null ? "" : ` of ${more ? "more than " : ""}${formatCount(total)}`;
  const range = shown === 0 ? `No ${noun}` : start === null ? `${shown} ${noun}${all}` : `${formatCount(start + 1)}–${formatCount(start + shown)}${all} ${noun}`;
  return (
    <nav aria-label={`Pages of ${noun}`} className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm text-ink2">
      <span role="status" aria-busy={isBusy || undefined}>
        {range}
      </span>
      {children}
      <span className="ml-auto flex gap-2">
        <Button
          size="small"
          blocked={isFirst ? "This is the first page." : null}
          icon={<ChevronLeft aria-hidden="true" size={14} />}
          onClick={() => change({ cur: (trail && trail[trail.length - 1]) || null })}
        >
          {trail || isFirst ? "Previous" : "First page"}
        </Button>
        <Button
          size="small"
          busy={isBusy}
          blocked={nextCursor ? null : "This is the last page."}
          onClick={() => {
            if (!nextCursor) return;
            if (trail) keepTrail(search, nextCursor, [...trail, search.cur ?? ""]);
            change({ cur: nextCursor });
          }}
        >
          Next
          <ChevronRight aria-hidden="true" size={14} />
        </Button>
      </span>
    </nav>
  );
}

/** The cursors of the previous pages, oldest first ("" is the first page); null if the page was opened by a
 * link, so that they are unknown. */
function trailOf(search: Search): string[] | null {
  if (!search.cur) return [];
  try {
    const kept = sessionStorage.getItem(keyOf(search, search.cur));
    return kept === null ? null : (JSON.parse(kept) as string[]);
  } catch {
    return null;
  }
}

function keepTrail(search: Search, cursor: string, trail: string[]): void {
  try {
    sessionStorage.setItem(keyOf(search, cursor), JSON.stringify(trail));
  } catch {
    // Storage is off or full: the way back then leads to the first page.
  }
}

function keyOf(search: Search, cursor: string): string {
  const rest = Object.entries(search).filter(([name]) => name !== "cur" && name !== "row");
  return `storepulse.pages ${location.pathname} ${JSON.stringify(rest.sort())} ${cursor}`;
}
