import { useQuery } from "@tanstack/react-query";
import { type Pipeline, isMore, pipelineQuery, troubledOf } from "~/api/pipeline";
import { formatCount } from "~/format/numbers";
import { Dot } from "~/parts/badge";

/** The mark beside a page's name: a count of open letters, or a dot for a destination in trouble. It
 * describes the link (`id`), whose accessible name stays the page's. */
export function Mark({ page, id }: { page: string; id: string }) {
  const { data } = useQuery({ ...pipelineQuery, enabled: page === "/delivery" || page === "/dead-letters" });
  const mark = data && markOf(page, data);
  return (
    <span id={id} aria-hidden="true" title={mark?.words}>
      {mark && (
        <>
          {mark.count === undefined ? <Dot tone="warn" /> : <span className="text-sm font-medium text-bad">{mark.count}</span>}
          <span className="sr-only">{mark.words}</span>
        </>
      )}
    </span>
  );
}

function markOf(page: string, pipeline: Pipeline): { words: string; count?: string } | null {
  if (page === "/delivery") {
    const names = troubledOf(pipeline).map((one) => one.name);
    return names.length ? { words: `In trouble: ${names.join(", ")}` } : null;
  }
  const { open, more } = pipeline.dead_letters;
  if (page !== "/dead-letters" || !open) return null;
  const count = isMore(formatCount(open), more);
  return { count, words: `${count} open` };
}
