import type { ReactNode } from "react";

/** What stands under a field: what is wrong with its value, and what it is for. */
export function Below({ hint, fault }: { hint?: ReactNode; fault?: string | null }) {
  return (
    <>
      {fault && (
        <span role="alert" className="block text-bad">
          {fault}
        </span>
      )}
      {hint && <span className="block text-sm text-ink3">{hint}</span>}
    </>
  );
}
