import { Lock } from "lucide-react";
import type { ReactNode } from "react";

interface NotAllowedProps {
  what: string;
  /** The permission that is needed, in words. */
  blocked: string;
  children?: ReactNode;
}

/** Says what this key may not see, and which permission it needs. */
export function NotAllowed({ what, blocked, children }: NotAllowedProps) {
  return (
    <div role="status" className="mx-auto flex max-w-md flex-col items-start gap-2 px-4 py-12">
      <Lock aria-hidden="true" size={20} className="text-ink3" />
      <p className="text-md font-semibold">{what} is not open to this key</p>
      <p className="text-ink2">{blocked} Whoever runs Storepulse makes keys.</p>
      {children && <p className="text-ink2">{children}</p>}
    </div>
  );
}
