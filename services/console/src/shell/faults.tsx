import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link, useRouter } from "@tanstack/react-router";
import { Failed } from "~/parts/states";

export function NotFound() {
  return (
    <div className="mx-auto max-w-md px-4 py-16">
      <h1 tabIndex={-1} className="text-verdict font-semibold">
        There is no such page
      </h1>
      <p className="mt-2 text-ink2">
        The address may be of an older version. <Link to="/overview" className="text-accent underline">Go to the overview</Link>, or press ⌘K to search.
      </p>
    </div>
  );
}

/** A page that could not be drawn or loaded. The others still work. */
export function PageFault({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="mx-auto max-w-md py-8">
      <h1 tabIndex={-1} className="px-4 text-verdict font-semibold">
        This page could not be shown
      </h1>
      <Failed
        error={error}
        what="the page"
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}
