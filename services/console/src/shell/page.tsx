import { Link, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { Foreign, readable } from "~/format/text";
import { usePeriod } from "~/state/period";
import { sharedOf, usePageSearch } from "~/state/search";
import { unknownStoreOf, useStore, useStores } from "~/state/store";
import { ComparisonPicker, PeriodPicker } from "./period_picker";
import { Freshness, type FreshnessProps } from "./freshness";

interface PageProps {
  title: string;
  /** Above the title: where this page belongs. */
  parent?: { name: string; to: string };
  /** Whether the page's figures have a period, and whether they are compared. */
  period?: boolean;
  comparison?: boolean;
  /** At most one of them is primary. */
  actions?: ReactNode;
  freshness?: FreshnessProps;
  /** The second bar: filters of this page only. */
  filters?: ReactNode;
  children: ReactNode;
}

/** The frame of every page: its bar, its filters, what it shows. */
export function Page({ title, parent, period, comparison, actions, freshness, filters, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  const [search] = usePageSearch();
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
      <header className="sticky top-0 z-30 flex min-h-12 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2 max-md:min-h-14">
        <h1 ref={heading} tabIndex={-1} className="mr-auto flex min-w-0 items-baseline gap-1.5 text-title font-semibold">
          {parent && (
            <>
              <Link to={parent.to} search={sharedOf(search) as never} className="font-normal text-ink2 hover:text-ink">
                {parent.name}
              </Link>
              <span aria-hidden="true" className="font-normal text-ink3">
                /
              </span>
            </>
          )}
          <Foreign>{title}</Foreign>
        </h1>
        {period && <PeriodPicker />}
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

/** A store in the URL that there is not, or not for this key: whose figures these are is said. */
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

/** A period in the URL that cannot be: it is dropped, and said. */
function DroppedChoice() {
  const { bad, period } = usePeriod();
  if (!bad) return null;
  return (
    <p role="status" className="border-b border-line bg-warn-soft px-4 py-2 break-words">
      The address asked for the period “{bad.slice(0, 100)}”, which cannot be read. Shown: {period.name.toLowerCase()}.
    </p>
  );
}
