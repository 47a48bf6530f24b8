import { Link } from "@tanstack/react-router";
import { formatCount, formatPercent } from "~/format/numbers";
import { sharedOf, usePageSearch } from "~/state/search";
import type { FunnelStep } from "./queries";

export const STEP_NAMES: Record<string, string> = {
  page_view: "Page viewed",
  product_view: "Product viewed",
  add_to_cart: "Added to cart",
  checkout_start: "Checkout begun",
  purchase: "Bought",
};

interface StepsProps {
  steps: readonly FunnelStep[];
  earlier: readonly FunnelStep[] | undefined;
  /** "the period before". */
  earlierName: string;
}

interface Drawn {
  step: FunnelStep;
  before: FunnelStep | undefined;
  name: string;
  place: number;
  /** Relative to the first step, as a share of the drawing. */
  height: number;
  next: number;
  left: number | null;
  isWorst: boolean;
}

/** The steps side by side, each with the sessions lost before it; on phones one below the other. */
export function Steps({ steps, earlier, earlierName }: StepsProps) {
  const lost = steps.map((step, place) => (place === 0 ? 0 : steps[place - 1]!.sessions - step.sessions));
  const most = Math.max(...lost);
  const drawn: Drawn[] = steps.map((step, place) => ({
    step,
    place,
    before: earlier?.[place],
    name: `${place + 1}. ${STEP_NAMES[step.step] ?? step.step}`,
    height: step.of_first ?? 0,
    next: steps[place + 1]?.of_first ?? 0,
    left: place === 0 ? null : lost[place]!,
    isWorst: most > 0 && lost[place] === most && lost.indexOf(most) === place,
  }));
  return (
    <ol aria-label="Steps of the funnel" className="flex max-md:flex-col max-md:gap-3 max-md:px-4 max-md:py-3">
      {drawn.map((one) => (
        <li key={one.step.step} data-step={one.step.step} className="min-w-0 flex-1 md:border-l md:border-line md:px-4 md:pt-3 md:pb-4 md:first:border-l-0">
          <Head one={one} />
          <Bar one={one} isLast={one.place === drawn.length - 1} />
          <PhoneBar one={one} />
          <Loss one={one} earlierName={earlierName} />
          {one.isWorst && <WhereTheyClicked />}
        </li>
      ))}
    </ol>
  );
}

function Head({ one }: { one: Drawn }) {
  return (
    <div className="max-md:flex max-md:items-baseline max-md:gap-3">
      <p className="truncate font-medium max-md:mr-auto">{one.name}</p>
      <p className="flex items-baseline gap-2">
        <span data-value className="text-step font-semibold tracking-[-0.01em] max-md:text-md">
          {formatCount(one.step.sessions)}
        </span>
        <span className="text-sm text-ink3">
          {formatPercent(one.step.of_first)} <span className="max-md:sr-only">of all</span>
        </span>
      </p>
    </div>
  );
}

const DRAWN_HEIGHT = 224;

/** A bar to scale, and how it narrows to the next one. */
function Bar({ one, isLast }: { one: Drawn; isLast: boolean }) {
  const [top, next] = [1 - one.height, 1 - one.next];
  const before = one.before?.of_first;
  return (
    <div aria-hidden="true" className="relative -mx-4 mt-2 max-md:hidden" style={{ height: DRAWN_HEIGHT }}>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" className="absolute inset-0 block">
        {!isLast && <polygon points={`66,${top * 100} 100,${next * 100} 100,100 66,100`} fill="var(--s1)" opacity="0.09" />}
        {one.place > 0 && <rect x="0" width="8" y={top * 100} height={one.height * 100} fill="var(--s1)" opacity="0.09" />}
        <rect x="8" width="58" y={top * 100} height={one.height * 100} fill="var(--s1)" opacity="0.34" />
        <line x1="8" x2="66" y1={top * 100} y2={top * 100} stroke="var(--s1)" strokeWidth="3" vectorEffect="non-scaling-stroke" />
        {before != null && <line x1="8" x2="66" y1={(1 - before) * 100} y2={(1 - before) * 100} stroke="var(--previous)" strokeWidth="2" strokeDasharray="2 2" vectorEffect="non-scaling-stroke" />}
      </svg>
    </div>
  );
}

function PhoneBar({ one }: { one: Drawn }) {
  const before = one.before?.of_first;
  return (
    <div aria-hidden="true" className="relative mt-1 h-5 bg-sunken md:hidden">
      <span className="absolute inset-y-0 left-0 bg-s1 opacity-35" style={{ width: `${one.height * 100}%` }} />
      <span className="absolute inset-y-0 w-[3px] -translate-x-full bg-s1" style={{ left: `${one.height * 100}%` }} />
      {before != null && <span className="absolute -inset-y-0.5 border-l-2 border-dotted border-previous" style={{ left: `${before * 100}%` }} />}
    </div>
  );
}

function Loss({ one, earlierName }: { one: Drawn; earlierName: string }) {
  if (one.left === null) return <p className="mt-2 text-sm text-ink3 max-md:hidden">start of the funnel</p>;
  const before = one.before?.of_previous;
  return (
    <p className="mt-2 text-sm text-ink3 max-md:mt-1">
      <span className={one.isWorst ? "font-medium text-bad" : "font-medium text-ink2"}>
        {one.left === 0 ? "nobody left" : `−${formatCount(one.left)} left`}
        {one.isWorst && <span className="sr-only">, the largest loss</span>}
      </span>
      {one.step.of_previous !== null && ` · ${formatPercent(1 - one.step.of_previous)}`}
      {before != null && <span className="block max-md:inline max-md:before:content-[',_']">{`${formatPercent(1 - before)} ${earlierName}`}</span>}
    </p>
  );
}

/** Links the largest loss to the page that may explain it. */
function WhereTheyClicked() {
  const [search] = usePageSearch();
  return (
    <p className="mt-1 text-sm">
      <Link to="/heatmap" search={sharedOf(search) as never} className="text-accent underline">
        See where they clicked
      </Link>
    </p>
  );
}
