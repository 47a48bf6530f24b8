import { Link } from "@tanstack/react-router";
import { KeyRound, type LucideIcon, Send, ShieldCheck, Store } from "lucide-react";
import { ScopeNeeded } from "~/parts/scope_needed";
import { Page } from "~/shell/page";
import { type Search, sharedOf, useChoice, usePageSearch } from "~/state/search";
import { useScope } from "~/state/store";
import { Consent } from "./consent";
import { Destinations } from "./destinations";
import { Keys } from "./keys";
import { Stores } from "./stores";

const PARTS = ["stores", "keys", "destinations", "consent"] as const;
type Part = (typeof PARTS)[number];

const NAMES: Record<Part, [string, LucideIcon]> = {
  stores: ["Stores", Store],
  keys: ["Keys", KeyRound],
  destinations: ["Destinations", Send],
  consent: ["Consent and addresses", ShieldCheck],
};

export default function SettingsPage() {
  const blocked = useScope("admin");
  const [part] = useChoice<Part>("part", PARTS, "stores");
  return (
    <Page title="Settings">
      {blocked ? (
        <ScopeNeeded scope="admin">Settings control keys, destinations and how stores are counted.</ScopeNeeded>
      ) : (
        <div className="flex min-w-0 flex-1 max-lg:flex-col">
          <nav aria-label="Parts of the settings" className="shrink-0 border-line p-2 max-lg:border-b lg:w-52 lg:border-r">
            <ul className="flex gap-0.5 max-lg:overflow-x-auto lg:flex-col">
              {PARTS.map((one) => (
                <li key={one}>
                  <PartLink part={one} isCurrent={one === part} />
                </li>
              ))}
            </ul>
          </nav>
          <div className="min-w-0 flex-1 px-4 py-5">
            <div className="mx-auto flex max-w-4xl flex-col gap-8">
              {part === "stores" && <Stores />}
              {part === "keys" && <Keys />}
              {part === "destinations" && <Destinations />}
              {part === "consent" && <Consent />}
            </div>
          </div>
        </div>
      )}
    </Page>
  );
}

function PartLink({ part, isCurrent }: { part: Part; isCurrent: boolean }) {
  const [search] = usePageSearch();
  const [name, Icon] = NAMES[part];
  const next: Search = { ...sharedOf(search), ...(part === "stores" ? {} : { part }) };
  return (
    <Link
      to="/settings"
      search={next as never}
      aria-current={isCurrent ? "page" : undefined}
      className={`flex h-[30px] items-center gap-2.5 rounded-control px-2 font-medium whitespace-nowrap hover:bg-hover pointer-coarse:h-11 ${isCurrent ? "bg-hover text-ink" : "text-ink2"}`}
    >
      <Icon aria-hidden="true" size={16} className="shrink-0" />
      {name}
    </Link>
  );
}
