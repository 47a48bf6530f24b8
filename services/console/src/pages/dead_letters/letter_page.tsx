import { useParams } from "@tanstack/react-router";
import { ScopeNeeded } from "~/parts/scope_needed";
import { Page } from "~/shell/page";
import { usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { Acts } from "./acts";
import { JobBar } from "./job_bar";
import { LetterView } from "./letter";
import { WHY_OPS } from "./scope_words";

/** One letter as a page: for narrow screens, and for links to it. */
export default function LetterPage() {
  const { letter } = useParams({ strict: false }) as { letter: string };
  const blocked = useScope("ops");
  const zone = useStore().time_zone;
  const [search, change] = usePageSearch();
  return (
    <Page title={`${letter.slice(0, 8)}…`} parent={{ name: "Dead letters", to: "/dead-letters" }}>
      {blocked ? (
        <ScopeNeeded scope="ops">{WHY_OPS}</ScopeNeeded>
      ) : (
        <Acts>
          {search.job && <JobBar key={search.job} id={search.job} onClose={() => change({ job: null })} />}
          <LetterView id={letter} zone={zone} />
        </Acts>
      )}
    </Page>
  );
}
