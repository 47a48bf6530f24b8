import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { meQuery } from "~/api/session";
import { Foreign, readable } from "~/format/text";
import { formatDay, formatMoment } from "~/format/time";
import { Badge, Dot } from "~/parts/badge";
import { Button } from "~/parts/button";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { useChoice, useWanted } from "~/state/search";
import { useStore, useStores } from "~/state/store";
import { MakeKey } from "./make_key";
import { RevokeKey, RotateKey } from "./key_acts";
import { type KeyShown, keysQuery } from "./queries";
import { Section } from "./section";
import { ShownOnce } from "./shown_once";

type Asked = { kind: "make" } | { kind: "rotate" | "revoke"; key: KeyShown };

export function Keys() {
  const store = useStore();
  const me = useSuspenseQuery(meQuery).data;
  const [of, setOf] = useChoice("of", ["store", "all"] as const, "store");
  const [ended, setEnded] = useChoice("ended", ["no", "yes"] as const, "no");
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isWanted, forget] = useWanted("make-key");
  const [made, setMade] = useState<string | null>(null);
  const query = useInfiniteQuery(keysQuery(of === "store" ? store.store_id || undefined : undefined, ended === "yes"));
  const keys = query.data?.pages.flatMap((page) => page.data) ?? [];
  const close = () => {
    setAsked(null);
    forget();
  };
  const onMade = (key: string) => {
    close();
    setMade(key);
  };
  return (
    <Section
      title={of === "store" ? `Keys of ${readable(store.name)}` : "Keys of every store"}
      text="Publishable keys stand in shops’ pages and may only send events. Secret keys are for servers and people; make one for each, so that it can be revoked alone. Revoking takes effect within seconds."
      action={
        <Button look="primary" icon={<Plus aria-hidden="true" size={14} />} onClick={() => setAsked({ kind: "make" })}>
          New key
        </Button>
      }
    >
      {made && (
        <div className="mb-3">
          <ShownOnce what="this key" secret={made} onDone={() => setMade(null)} />
        </div>
      )}
      <div className="mb-2 flex flex-wrap gap-2">
        {me.every_store && <Segmented label="Whose keys" value={of} choices={[["store", "This store"], ["all", "All that you see"]]} onChoose={setOf} />}
        <Segmented label="Ended keys" value={ended} choices={[["no", "Active"], ["yes", "Ended too"]]} onChoose={setEnded} />
      </div>
      <div className="rounded-panel border border-line">
        <Read query={query} what="the keys">
          {() =>
            keys.length === 0 ? (
              <Empty title="No key is tied to this store">Keys without a store work for every store; they stand under “All that you see”.</Empty>
            ) : (
              <Table label="Keys" columns={columnsOf(store.time_zone, me.key_id, setAsked, of === "all")} rows={keys} idOf={(key) => key.key_id} rowHeight={38} />
            )
          }
        </Read>
        {query.hasNextPage && (
          <div className="px-4 py-2">
            <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </div>
      {(asked?.kind === "make" || isWanted) && <MakeKey onClose={close} onMade={onMade} />}
      {asked?.kind === "rotate" && <RotateKey one={asked.key} onClose={close} onMade={onMade} />}
      {asked?.kind === "revoke" && <RevokeKey one={asked.key} isOwn={asked.key.key_id === me.key_id} others={othersLike(keys, asked.key)} onClose={close} />}
    </Section>
  );
}

/** Active keys of the same store with the same scopes, which remain once this one is revoked. */
export function othersLike(keys: readonly KeyShown[], key: KeyShown): number {
  return keys.filter((one) => one.key_id !== key.key_id && one.status === "active" && one.store_id === key.store_id && key.scopes.every((scope) => one.scopes.includes(scope))).length;
}

function columnsOf(zone: string, own: string, ask: (asked: Asked) => void, hasStore: boolean): Column<KeyShown>[] {
  const columns: Column<KeyShown>[] = [
    { id: "hint", name: "Key", width: "22%", phone: "title", cell: (key) => <Name one={key} isOwn={key.key_id === own} /> },
    { id: "may", name: "May", cell: (key) => <span className="text-ink2">{`${key.kind} · ${key.scopes.join(", ")}`}</span> },
    { id: "store", name: "Store", width: "14%", cell: (key) => <StoreName id={key.store_id} /> },
    { id: "origins", name: "Origins", width: "16%", from: "xl", cell: (key) => <Foreign none={key.kind === "publishable" ? "any page" : "–"}>{key.origins.map((one) => one.replace(/^https:\/\//, "")).join(", ")}</Foreign> },
    { id: "made", name: "Made", width: "9%", cell: (key) => <time dateTime={key.created_at} title={`${formatMoment(key.created_at, zone)} by ${key.created_by}`}>{formatDay(key.created_at, zone)}</time> },
    { id: "state", name: "State", width: "13%", phone: "aside", cell: (key) => <State one={key} zone={zone} /> },
    { id: "acts", name: "Acts", width: "10.5rem", align: "right", cell: (key) => <KeyActs one={key} ask={ask} /> },
  ];
  return hasStore ? columns : columns.filter((one) => one.id !== "store");
}

function Name({ one, isOwn }: { one: KeyShown; isOwn: boolean }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="shrink-0 font-mono text-sm">{one.hint}</span>
      <Foreign none="" className="min-w-0 text-ink2">
        {one.name}
      </Foreign>
      {isOwn && <Badge tone="accent">yours</Badge>}
    </span>
  );
}

function StoreName({ id }: { id: string | null }) {
  const stores = useStores();
  if (id === null) return <span className="text-ink2">every store</span>;
  return <Foreign>{stores.find((one) => one.store_id === id)?.name ?? `${id.slice(0, 8)}…`}</Foreign>;
}

function State({ one, zone }: { one: KeyShown; zone: string }) {
  const tone = one.status === "active" ? "ok" : "neutral";
  const text = one.status === "revoked" && one.revoked_at ? `revoked ${formatDay(one.revoked_at, zone)}` : one.expires_at ? `${one.status === "active" ? "until" : "expired"} ${formatDay(one.expires_at, zone)}` : one.status;
  return (
    <span className="flex min-w-0 items-center gap-2 max-md:justify-end">
      <Dot tone={tone} />
      <span className="truncate" title={one.revoked_by ? `by ${one.revoked_by}` : undefined}>
        {text}
      </span>
    </span>
  );
}

function KeyActs({ one, ask }: { one: KeyShown; ask: (asked: Asked) => void }) {
  if (one.status !== "active") return null;
  return (
    <span className="flex justify-end gap-1">
      <Button size="small" look="ghost" aria-label={`Rotate ${one.hint}…`} onClick={() => ask({ kind: "rotate", key: one })}>
        Rotate…
      </Button>
      <Button size="small" look="danger" aria-label={`Revoke ${one.hint}…`} onClick={() => ask({ kind: "revoke", key: one })}>
        Revoke…
      </Button>
    </span>
  );
}
