import { Link, useLocation } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { Foreign, readable } from "~/format/text";
import { usePeriod } from "~/state/period";
import { useSearchOf } from "~/state/last_search";
import { usePageSearch } from "~/state/search";
import { unknownStoreOf, useStore, useStores } from "~/state/store";
import { ComparisonPicker, PeriodPicker } from "./period_picker";
import { Freshness, type FreshnessProps } from "./freshness";

interface PageProps {
  title: string;
  /** Beside the title, if the page is not about the chosen store: "all stores". */
  scope?: string;
  /** Above the title: the parent page. */
  parent?: { name: string; to: string };
  /** Whether the page has a period, or the label of what happened in it ("Seen in"); and whether figures are
   * compared. */
  period?: boolean | string;
  comparison?: boolean;
  /** At most one of them is primary. */
  actions?: ReactNode;
  freshness?: FreshnessProps;
  /** The second bar, with this page's own filters. */
  filters?: ReactNode;
  children: ReactNode;
}

/** The frame of every page: its bar, its filters and its content. */
export function Page({ title, scope, parent, period, comparison, actions, freshness, filters, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const bar = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const searchOf = useSearchOf();
  const isOfSeveral = useStores().length > 1;
  useBarHeight(bar);
  useEffect(() => {
    document.title = `${title} · Storepulse`;
  }, [title]);
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement?.closest("nav, [role=dialog]")) {
      heading.current?.focus({ preventScroll: true });
    }
  }, [pathname]);
  return (
    <>
      <header ref={bar} className="sticky top-0 z-30 flex min-h-12 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2 max-md:min-h-14 max-md:py-1.5">
        <h1 ref={heading} tabIndex={-1} className="mr-auto flex min-w-0 items-baseline gap-1.5 text-title font-semibold max-md:flex-1 max-md:basis-20">
          {parent && (
            <>
              <Link to={parent.to} search={searchOf(parent.to) as never} className="font-normal text-ink2 hover:text-ink">
                {parent.name}
              </Link>
              <span aria-hidden="true" className="font-normal text-ink3">
                /
              </span>
            </>
          )}
          <Foreign>{title}</Foreign>
          {scope && isOfSeveral && <span className="shrink-0 text-sm font-normal text-ink3">{scope}</span>}
        </h1>
        {period && <PeriodPicker what={typeof period === "string" ? period : undefined} />}
        {period && comparison && <ComparisonPicker />}
        {actions}
        {freshness && <Freshness {...freshness} />}
      </header>
      <DroppedStore />
      {period && <DroppedChoice />}
      {filters && (
        <div role="group" aria-label="Filters" className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
          {filters}
        </div>
      )}
      {children}
    </>
  );
}

/** Passes the bar's height to the styles: sticky elements are placed below it, and focused ones scroll clear
 * of it. */
function useBarHeight(bar: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const tell = () => document.documentElement.style.setProperty("--bar", `${element.offsetHeight}px`);
    tell();
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    return () => observer.disconnect();
  }, [bar]);
}

/** Says whose figures are shown if the URL's store does not exist or is not allowed for this key. */
function DroppedStore() {
  const [search] = usePageSearch();
  const store = useStore();
  const asked = unknownStoreOf(search, useStores());
  if (asked === null) return null;
  return (
    <p role="status" className="border-b border-line bg-warn-soft px-4 py-2 break-words">
      The address asked for the store “<bdi>{readable(asked.slice(0, 100))}</bdi>”, which this key does not see. Shown: <bdi>{readable(store.name)}</bdi>.
    </p>
  );
}

/** Says that an invalid period in the URL was dropped. */
function DroppedChoice() {
  const { bad, period } = usePeriod();
  if (!bad) return null;
  return (
    <p role="status" className="border-b border-line bg-warn-soft px-4 py-2 break-words">
      {bad.slice(0, 200)} Shown: {period.name.toLowerCase()}.
    </p>
  );
}
