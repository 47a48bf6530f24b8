import { ImageIcon, Monitor, Smartphone } from "lucide-react";
import { useMemo, useState } from "react";
import { UNKNOWN } from "~/format/numbers";
import { readable } from "~/format/text";
import { Button } from "~/parts/button";
import { ChoiceSelect } from "~/parts/select";
import { Segmented } from "~/parts/segmented";
import { useStore } from "~/state/store";
import { type Experiment, type PageConfig, usePreview } from "../queries";
import { useEditing } from "./context";
import { type PageSlot, differencesOf, leavesOf, mergedSlots } from "./merge";
import { ShopFrame, useShopPlace } from "./shop_frame";

interface PreviewProps {
  pages: readonly PageConfig[];
  page: PageConfig | null;
  onPage: (place: string) => void;
  /** The stored test: only that can be previewed in the shop. */
  test: Experiment | null;
}

export function placeOf(page: Pick<PageConfig, "page_type" | "slug">): string {
  return `${page.page_type}/${page.slug}`;
}

/** The page with the selected variant as edited, saved or not; its differences are outlined. */
export function Preview({ pages, page, onPage, test }: PreviewProps) {
  const { draft, chosen, choose } = useEditing();
  const [width, setWidth] = useState<"desktop" | "mobile">("desktop");
  const variant = draft.variants.find((one) => one.key === chosen) ?? draft.variants[0]!;
  const { overrides, slot_configuration } = variant;
  const base = useMemo(() => page?.slots ?? [], [page]);
  const slots = useMemo(() => mergedSlots(base, { overrides, slot_configuration }), [base, overrides, slot_configuration]);
  const changed = slots.map((slot) => ({ slot, differences: differencesOf(base, slot) }));
  const words = useMemo(() => wordsOf(base, slots), [base, slots]);
  const gone = base.filter((one) => !slots.some((slot) => slot.slot_id === one.slot_id));
  const count = changed.filter((one) => one.differences.length > 0).length + gone.length;
  const shop = useShopPlace(useStore().domain, page);
  const isLive = shop !== null;
  const blocks = isLive ? changed.filter((one) => one.differences.length > 0) : changed;
  return (
    <section aria-label="Preview" className="min-w-0 bg-canvas">
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-1.5">
        {draft.variants.length <= 4 ? (
          <Segmented label="Variant shown" value={String(variant.key)} choices={draft.variants.map((one) => [String(one.key), readable(one.name || one.variant_id || UNKNOWN).slice(0, 20)] as const)} onChoose={(key) => choose(Number(key))} />
        ) : (
          <ChoiceSelect label="Variant shown" value={String(variant.key)} choices={draft.variants.map((one) => [String(one.key), readable(one.name || one.variant_id || UNKNOWN)] as const)} onChoose={(key) => choose(Number(key))} />
        )}
        <Segmented
          label="Width"
          value={width}
          choices={[
            ["desktop", "Desktop"],
            ["mobile", "Mobile"],
          ]}
          onChoose={setWidth}
        />
        {pages.length > 0 && <ChoiceSelect label="Page" value={page ? placeOf(page) : ""} choices={pages.map((one) => [placeOf(one), readable(`${one.page_type} / ${one.slug}`)] as const)} onChoose={onPage} />}
        <span role="status" data-differences className="ml-auto text-sm text-ink3">
          {count === 0 ? "no difference" : `${count} ${count === 1 ? "difference" : "differences"} outlined`}
        </span>
      </div>
      <div className="p-4">
        {shop && <ShopFrame place={shop} slots={slots} changed={words} width={width} name={variant.name || variant.variant_id} />}
        <div data-preview className={`mx-auto rounded-panel border border-line bg-surface p-4 ${isLive ? "mt-4" : ""} ${width === "mobile" ? "max-w-[24rem]" : ""}`}>
          <p className="mb-3 flex items-center gap-2 border-b border-line pb-2 text-sm text-ink3">
            {width === "mobile" ? <Smartphone aria-hidden="true" size={14} /> : <Monitor aria-hidden="true" size={14} />}
            <bdi className="min-w-0 truncate">
              {page ? readable(`${page.page_type} / ${page.slug}`) : "no page of this type is stored"}
              {(variant.page_template || page?.template) && ` · template ${readable(variant.page_template || page?.template || "")}`}
            </bdi>
          </p>
          {isLive && <p className="mb-3 text-ink2">{count === 0 ? "No difference: this variant is the page as it is." : "What the variant changes, slot by slot:"}</p>}
          <ol aria-label={isLive ? "Changed slots" : "Slots of the page"} className={`grid gap-5 ${width === "desktop" ? "lg:grid-cols-1" : ""}`}>
            {blocks.map(({ slot, differences }) => (
              <SlotBlock key={slot.slot_id} slot={slot} differences={differences} isNarrow={width === "mobile"} />
            ))}
          </ol>
          {gone.length > 0 && <p className="mt-3 text-sm text-warn">Not on the page any more: {gone.map((one) => readable(one.slot_id)).join(", ")}.</p>}
          {slots.length === 0 && (
            <p className="py-6 text-ink3">
              Nothing to draw: {page ? "the page has no slots." : "no page is stored whose slots could be changed. A page’s configuration is stored by PUT /api/page-config."} Slots that a variant adds are drawn here.
            </p>
          )}
        </div>
        <p className="mx-auto mt-2 text-sm text-ink3">
          {isLive ? "Drawn by the shop, from what is written here, saved or not; nothing in it can be pressed, and it counts nobody." : "Drawn from the page’s configuration, not by the shop: each block with the texts and sizes among its props."} Other tests of the page are left out.
        </p>
        <PreviewLink test={test} variant={variant.variant_id.trim()} address={shop?.address ?? null} />
      </div>
    </section>
  );
}

/** A variant's changes in words, by slot. */
function wordsOf(base: readonly PageSlot[], slots: readonly PageSlot[]): Record<string, string> {
  const found = slots.map((slot) => [slot.slot_id, readable(differencesOf(base, slot).join(", "))] as const);
  return Object.fromEntries(found.filter(([, words]) => words !== ""));
}

interface BlockProps {
  slot: PageSlot;
  differences: readonly string[];
  isNarrow: boolean;
}

function SlotBlock({ slot, differences, isNarrow }: BlockProps) {
  const isChanged = differences.length > 0;
  return (
    <li data-block={slot.slot_id} data-changed={isChanged || undefined} className={`relative min-w-0 rounded-control p-3 ${isChanged ? "outline-2 outline-offset-2 outline-accent outline-dashed" : "border border-line"} ${slot.enabled ? "" : "bg-sunken"}`}>
      {isChanged && (
        <p className="mb-2 inline-block max-w-full truncate rounded-badge bg-accent px-1.5 py-0.5 text-xs font-medium text-on-accent" title={readable(differences.join(", "))}>
          <bdi>
            {readable(slot.slot_id)} · {readable(differences.join(", "))}
          </bdi>
        </p>
      )}
      <p className="text-xs text-ink3">
        <bdi>
          {readable(slot.component)} · {readable(slot.slot_id)} · position {slot.position}
        </bdi>
      </p>
      {slot.enabled ? <SlotContent slot={slot} isNarrow={isNarrow} /> : <p className="mt-1 text-ink3">switched off: visitors do not see it</p>}
    </li>
  );
}

const TITLES = /(^|\.)(title|heading|headline|name)$/i;
const BUTTONS = /(^|\.)(label|cta|button|button_text)$/i;
const IMAGES = /(^|\.)(image|img|src|picture|photo|background)(\.src|_url)?$/i;
const SIZES = new Set(["aspect_ratio", "image_width", "image_height"]);
const MOST_LEAVES = 12;

/** Props drawn as what they most likely are: titles, buttons, pictures; others with their names. */
function SlotContent({ slot, isNarrow }: { slot: PageSlot; isNarrow: boolean }) {
  const leaves = leavesOf(slot.props).filter((one) => !SIZES.has(one.path));
  const texts = leaves.filter((one): one is { path: string; value: string } => typeof one.value === "string" && one.value !== "");
  const titles = texts.filter((one) => TITLES.test(one.path));
  const buttons = texts.filter((one) => BUTTONS.test(one.path));
  const images = texts.filter((one) => IMAGES.test(one.path));
  const used = new Set([...titles, ...buttons, ...images].map((one) => one.path));
  const rest = leaves.filter((one) => !used.has(one.path));
  return (
    <div className="mt-1 flex flex-col gap-2">
      {titles.map((one) => (
        <p key={one.path} className="text-title font-semibold break-words">
          <bdi>{readable(one.value)}</bdi>
        </p>
      ))}
      {images.map((one) => (
        <p key={one.path} className="flex h-16 items-center justify-center gap-2 overflow-hidden rounded-control bg-sunken px-2 text-sm text-ink3">
          <ImageIcon aria-hidden="true" size={16} className="shrink-0" />
          <bdi className="truncate">{readable(one.value)}</bdi>
        </p>
      ))}
      {rest.length > 0 && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-sm">
          {rest.slice(0, MOST_LEAVES).map((one) => (
            <div key={one.path} className="contents">
              <dt className="text-ink3">
                <bdi>{readable(one.path)}</bdi>
              </dt>
              <dd className="min-w-0 truncate text-ink2">
                <bdi>{readable(typeof one.value === "string" ? one.value : JSON.stringify(one.value))}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {rest.length > MOST_LEAVES && <p className="text-sm text-ink3">and {rest.length - MOST_LEAVES} more</p>}
      {buttons.map((one) => (
        <p key={one.path} className="w-fit max-w-full truncate rounded-control bg-primary px-3 py-1.5 font-medium text-on-primary">
          <bdi>{readable(one.value)}</bdi>
        </p>
      ))}
      {typeof slot.props.image_height === "number" && <Feed slot={slot} isNarrow={isNarrow} />}
    </div>
  );
}

/** Cards of a product feed, in the aspect ratio of its images. */
function Feed({ slot, isNarrow }: { slot: PageSlot; isNarrow: boolean }) {
  const { image_width, image_height, aspect_ratio } = slot.props as { image_width: number; image_height: number; aspect_ratio: string };
  return (
    <div>
      <div aria-hidden="true" className={`grid gap-2 ${isNarrow ? "grid-cols-2" : "grid-cols-4"}`}>
        {Array.from({ length: isNarrow ? 2 : 4 }, (_, place) => (
          <span key={place} style={{ aspectRatio: `${image_width} / ${image_height}` }} className="block rounded-control bg-sunken" />
        ))}
      </div>
      <p className="mt-1 text-sm text-ink3">
        images {aspect_ratio}, {image_width} × {image_height}
      </p>
    </div>
  );
}

interface LinkProps {
  test: Experiment | null;
  variant: string;
  /** The address of the page in the shop, if it is known. */
  address: string | null;
}

/** A link with a token that shows the stored variant in the shop, without counting the visitor. */
function PreviewLink({ test, variant, address }: LinkProps) {
  const make = usePreview(test?.store_id ?? "", test?.test_id ?? "");
  const isStored = test?.variants.some((one) => one.variant_id === variant) ?? false;
  const blocked = !test ? "Save the draft first: the shop shows what is stored." : isStored ? null : "Save this variant first: the shop shows what is stored.";
  const made = make.data?.variant_id === variant ? make.data : null;
  return (
    <div className="mt-3 flex flex-wrap items-center gap-3">
      <Button size="small" blocked={blocked} busy={make.isPending} onClick={() => make.mutate(variant)}>
        Look at it in the shop
      </Button>
      {blocked && <span className="text-sm text-ink3">{blocked}</span>}
      {make.isError && <span role="alert" className="text-bad">No token could be made.</span>}
      {made && (
        <label className="flex min-w-0 flex-1 basis-80 flex-col gap-1 text-sm text-ink3">
          For an hour the shop’s page shows this variant where it passes this on to the paths it asks:
          <input readOnly value={`preview=${made.token}`} onFocus={(event) => event.target.select()} className="h-8 w-full min-w-0 rounded-control border border-edge bg-surface px-2 font-mono text-sm text-ink" />
        </label>
      )}
      {made && address !== null && (
        <a href={`${address}?preview=${encodeURIComponent(made.token)}`} target="_blank" rel="noopener noreferrer" className="reachable text-accent underline">
          Open the shop’s page
        </a>
      )}
    </div>
  );
}
