import { Dialog } from "radix-ui";
import { MOD } from "./keys";
import { PAGES } from "./pages";
import { Key } from "./sidebar";

const KEYS: readonly (readonly [string, string])[] = [
  [`${MOD} K`, "search for a page, an action or an id"],
  ["/", "search in this page"],
  ["J or ↓", "next row"],
  ["K or ↑", "previous row"],
  ["↵", "open the row"],
  ["Esc", "close"],
  ["T", "change the period"],
  ["[", "previous period"],
  ["]", "next period"],
  ["S", "change the store"],
  ["Space", "pause Live"],
  ["X", "choose a dead letter"],
  ["⇧ X", "choose a range of them"],
  ["R", "replay dead letters"],
  ["⇧ R", "try a replay"],
  ["⇧ D", "light or dark"],
  ["?", "this list"],
];

export function AllKeys({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const rows = [...KEYS, ...PAGES.map((page) => [`G ${page.key.toUpperCase()}`, page.name] as const)];
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/40%)]" />
        <Dialog.Content aria-describedby={undefined} className="fixed top-[8%] left-1/2 z-50 max-h-[84vh] w-[34rem] max-w-[calc(100vw-24px)] -translate-x-1/2 overflow-auto rounded-palette bg-raised p-5 shadow-float">
          <Dialog.Title className="mb-3 text-title font-semibold">Keys</Dialog.Title>
          <dl className="grid gap-x-8 gap-y-1 md:grid-cols-2">
            {rows.map(([keys, does]) => (
              <div key={keys} className="flex items-center gap-3">
                <dt className="flex w-18 shrink-0 items-center gap-1">
                  {keys.split(" ").map((key) => (key === "or" ? <span key={key} className="text-sm text-ink3">or</span> : <Key key={key}>{key}</Key>))}
                </dt>
                <dd className="text-ink2">{does}</dd>
              </div>
            ))}
          </dl>
          <p className="mt-4 text-sm text-ink3">The arrows go from row to row once a row has the focus; before that they scroll. Single keys rest while you type, and can be switched off under your key’s name.</p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
