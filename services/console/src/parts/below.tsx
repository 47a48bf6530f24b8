import type { ReactNode } from "react";

/** The texts below a field: its fault and its hint. */
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
