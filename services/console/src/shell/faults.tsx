import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link, useRouter } from "@tanstack/react-router";
import { ApiError } from "~/api/errors";
import { Failed } from "~/parts/states";
import { MOD } from "./keys";

export function NotFound() {
  return (
    <div className="mx-auto max-w-md px-4 py-16">
      <h1 tabIndex={-1} className="text-verdict font-semibold">
        There is no such page
      </h1>
      <p className="mt-2 text-ink2">
        The address may be of an older version. <Link to="/overview" className="text-accent underline">Go to the overview</Link>, or press {MOD} K to search.
      </p>
    </div>
  );
}

/** A page that could not be loaded or drawn. The others still work. A retry after an API error asks again.
 * After any other error, such as a missing file of an older console, it reloads the whole page. */
export function PageFault({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const isOurs = !(error instanceof ApiError);
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 tabIndex={-1} className="px-4 text-verdict font-semibold">
        This page could not be shown
      </h1>
      {isOurs && <p className="mt-2 px-4 text-ink2">The console may have been updated since this tab was opened.</p>}
      <Failed
        error={error}
        what="the page"
        onRetry={() => {
          if (isOurs) return location.reload();
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}
