import { useSuspenseQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { meQuery } from "~/api/session";

interface ScopeNeededProps {
  scope: "ops" | "admin";
  /** What the page would show: "Dead letters hold events as they came, so that …". */
  children: ReactNode;
}

/** Shown if the key may not read a page: the required scope, and who grants it. */
export function ScopeNeeded({ scope, children }: ScopeNeededProps) {
  const me = useSuspenseQuery(meQuery).data;
  const store = me.store?.domain ? ` --domain ${me.store.domain}` : "";
  return (
    <div role="alert" className="mx-auto flex max-w-lg flex-col items-start gap-2 px-4 py-12">
      <Lock aria-hidden="true" size={20} className="text-ink3" />
      <p className="text-md font-semibold">This page needs a key with the scope “{scope}”</p>
      <p className="text-ink2">{children}</p>
      <p className="text-ink2">
        Yours has “{me.scopes.join("”, “")}”. Somebody with “admin” can make one under Settings, Keys, or on the machine that runs Storepulse:
      </p>
      <pre tabIndex={0} role="region" aria-label="Command" className="w-full overflow-x-auto rounded-control bg-sunken px-3 py-2 font-mono text-sm">
        {`./storepulse keys create --kind secret --scope read --scope ${scope}${store}`}
      </pre>
      <p className="text-ink2">Then sign out, and in again with that key.</p>
    </div>
  );
}
