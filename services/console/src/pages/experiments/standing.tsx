import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { faultText } from "~/api/errors";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { useStore } from "~/state/store";
import { type Experiment, type Reported, resultsQuery } from "./queries";
import { daysOf, guardsOf, warningOf } from "./words";

/** A test's state, shown before it is ended: its verdict, its size, and reasons against an end. */
export function Standing({ test }: { test: Experiment }) {
  const query = useQuery(resultsQuery(test.store_id, test.test_id));
  if (query.data) return <Figures reported={query.data} />;
  return (
    <p role="status" className="mt-3">
      {query.isError ? `Its results could not be read: ${faultText(query.error)}` : "Reading its results…"}
    </p>
  );
}

function Figures({ reported }: { reported: Reported }) {
  const zone = useStore().time_zone;
  const { results, last_phase } = reported;
  const days = daysOf(results);
  const open = guardsOf(results, last_phase, zone).filter((one) => one.state === "bad" || one.state === "waits");
  const warning = warningOf(results);
  return (
    <div data-standing className="mt-3 flex flex-col gap-2 border-t border-line pt-3">
      <p className="font-medium break-words text-ink">{readable(results.verdict.sentence)}</p>
      <p>
        {`${formatCount(days)} ${days === 1 ? "day" : "days"} in phase ${results.phase}. Visitors: `}
        {results.variants.map((one, place) => (
          <span key={one.variant_id}>
            {place > 0 && ", "}
            <bdi>{readable(one.name)}</bdi> {formatCount(one.so_far)}
          </span>
        ))}
        .
      </p>
      {open.length > 0 && (
        <ul className="flex flex-col gap-1">
          {open.map((one) => (
            <li key={one.id}>
              <span className={`font-medium ${one.state === "bad" ? "text-bad" : "text-ink"}`}>{one.name}</span>: {one.text}
            </li>
          ))}
        </ul>
      )}
      {warning && (
        <p role="status" className="flex gap-2 rounded-control bg-warn-soft p-2.5 text-ink">
          <TriangleAlert aria-hidden="true" size={15} className="mt-0.5 shrink-0 text-warn" />
          {warning}
        </p>
      )}
    </div>
  );
}
