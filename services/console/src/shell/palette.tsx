/** ⌘K: finds pages, acts, and whatever an id belongs to. Loaded when it is first opened. */

import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Calendar, Inbox, Keyboard, KeyRound, Moon, Send, Store } from "lucide-react";
import { type ReactNode, useState } from "react";
import { meQuery } from "~/api/session";
import { useSearchOf } from "~/state/last_search";
import { type Search, sharedOf, usePageSearch } from "~/state/search";
import { Found } from "./found";
import { FoundEvent } from "./found_event";
import { pressKey } from "./keys";
import { PAGES } from "./pages";
import { Key } from "./sidebar";
import { toggleTheme } from "./theme";

interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onAllKeys: () => void;
}

const ITEM = "flex h-9 cursor-pointer items-center gap-3 rounded-control px-3 data-[selected=true]:bg-accent-soft";

export default function Palette({ open, onOpenChange, onAllKeys }: PaletteProps) {
  const [words, setWords] = useState("");
  const navigate = useNavigate();
  const searchOf = useSearchOf();
  const [search] = usePageSearch();
  const { scopes } = useSuspenseQuery(meQuery).data;
  const lead = (to: string, own: Search) => run(() => void navigate({ to, search: { ...sharedOf(search), ...own } as never }));
  const close = () => {
    onOpenChange(false);
    setWords("");
  };
  const run = (act: () => void) => () => {
    close();
    setTimeout(act); // after the focus has returned to the page
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? onOpenChange(true) : close())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/40%)]" />
        <Dialog.Content aria-describedby={undefined} className="fixed top-[12%] left-1/2 z-50 w-[36rem] max-w-[calc(100vw-24px)] -translate-x-1/2 rounded-palette bg-raised shadow-float">
          <Dialog.Title className="sr-only">Search for a page, an action or an id</Dialog.Title>
          <Command label="Search for a page, an action or an id" loop>
            <Command.Input
              value={words}
              onValueChange={setWords}
              placeholder="Search for a page, an action or an id"
              className="h-12 w-full rounded-t-palette border-b border-line bg-transparent px-4 text-title placeholder:text-ink3 focus-visible:outline-offset-[-2px]"
            />
            <Command.List className="max-h-[min(24rem,60vh)] overflow-auto p-2">
              <Command.Empty className="px-3 py-6 text-ink2">Nothing has this name. Ids are looked up whole.</Command.Empty>
              <FoundEvent words={words} onLeave={close} className={ITEM} />
              <Found words={words} onLeave={close} className={ITEM} />
              <Group name="Go to">
                {PAGES.map((page) => (
                  <Command.Item key={page.path} value={page.name} className={ITEM} onSelect={run(() => void navigate({ to: page.path, search: searchOf(page.path) as never }))}>
                    <page.icon aria-hidden="true" size={15} className="text-ink3" />
                    <span className="flex-1">{page.name}</span>
                    <Key>G</Key>
                    <Key>{page.key.toUpperCase()}</Key>
                  </Command.Item>
                ))}
              </Group>
              <Group name="Do">
                <Act name="Change period…" keys={["T"]} icon={<Calendar size={15} />} onRun={run(() => pressKey("t"))} />
                <Act name="Change store…" keys={["S"]} icon={<Store size={15} />} onRun={run(() => pressKey("s"))} />
                {scopes.includes("ops") && <Act name="Replay open dead letters…" keys={[]} icon={<Inbox size={15} />} onRun={lead("/dead-letters", {})} />}
                {scopes.includes("admin") && (
                  <>
                    <Act name="Make a key…" keys={[]} icon={<KeyRound size={15} />} onRun={lead("/settings", { part: "keys", do: "make-key" })} />
                    <Act name="Add a destination…" keys={[]} icon={<Send size={15} />} onRun={lead("/settings", { part: "destinations", do: "add-destination" })} />
                  </>
                )}
                <Act name="Switch between light and dark" keys={["⇧", "D"]} icon={<Moon size={15} />} onRun={run(toggleTheme)} />
                <Act name="Show all keys" keys={["?"]} icon={<Keyboard size={15} />} onRun={run(onAllKeys)} />
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Command.Group heading={name} className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-ink3">
      {children}
    </Command.Group>
  );
}

function Act({ name, keys, icon, onRun }: { name: string; keys: string[]; icon: ReactNode; onRun: () => void }) {
  return (
    <Command.Item value={name} className={ITEM} onSelect={onRun}>
      <span aria-hidden="true" className="text-ink3">
        {icon}
      </span>
      <span className="flex-1">{name}</span>
      {keys.map((key) => (
        <Key key={key}>{key}</Key>
      ))}
    </Command.Item>
  );
}
