import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, ImageIcon } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { askedOf } from "~/api/asked";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatMoment, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import { Read } from "~/parts/read";
import { Segmented } from "~/parts/segmented";
import { Empty, LoadingRows } from "~/parts/states";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { useChoice, useFilter, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { Board, type Mark } from "./board";
import { ElementList, ReachTable } from "./elements";
import { RAMP, mostOf } from "./heat";
import { LiveLink } from "./live_link";
import { PageChooser } from "./page_chooser";
import { PictureMenu } from "./picture_menu";
import { paperOf } from "./paper";
import { type Clicked, DEVICES, type Device, type Heatmap, type HeatmapAsked, KINDS, type Kind, MOST, type Picture, fileOf, heatmapQuery, pagesQuery, picturesQuery } from "./queries";
import { TestsOfPages } from "./tests_of_pages";
import { Totals } from "./totals";
import { DEVICE_NAMES, KIND_NAMES, listOf, markOf, pictureDevice, shortOf } from "./words";

const KIND_CHOICES = KINDS.map((kind) => [kind, KIND_NAMES[kind]] as const);
const DEVICE_CHOICES = DEVICES.map((device) => [device, DEVICE_NAMES[device]] as const);

export default function HeatmapPage() {
  const { store_id: store } = useStore();
  const { query: period } = usePeriod();
  const [, change] = usePageSearch();
  const [kind, setKind] = useChoice<Kind>("f.kind", KINDS, "click");
  const [device, setDevice] = useChoice<Device>("f.device", DEVICES, "desktop");
  const [only, setOnly] = useChoice<"trouble" | "">("f.only", ["trouble", ""], "");
  const [asked] = useFilter("page");
  const pages = useQuery(pagesQuery(store, period));
  const page = asked ?? pages.data?.data[0]?.page ?? null;
  const request: HeatmapAsked | null = page === null ? null : { page, ...period, kind, ...(device === "all" ? {} : { device }), limit: MOST };
  const heatmap = useQuery(heatmapQuery(store, request));
  const pictures = useQuery(picturesQuery(store, page));
  const picture = pictures.data?.find((one) => one.device === pictureDevice(device)) ?? null;
  const onlyTrouble = only === "trouble" && kind === "click";
  return (
    <div className="flex min-w-0 flex-1 flex-col lg:h-dvh lg:flex-none">
      <Page
        title="Heatmap"
        period
        actions={
          page ? (
            <>
              <PictureMenu key={`picture ${store} ${page} ${device}`} page={page} device={device} picture={picture} />
              <LiveLink key={`link ${store} ${page}`} page={page} />
            </>
          ) : (
            <ActsToCome why={pages.isPending ? "The pages are still being read." : "No page has a heatmap in these days."} />
          )
        }
        freshness={page ? freshnessOf(pages, heatmap) : freshnessOf(pages)}
        filters={
          <>
            <PageChooser pages={pages.data?.data ?? []} total={pages.data?.total ?? null} value={page} onChoose={(next) => change({ "f.page": next, row: null })} />
            <Segmented label="Shown" value={kind} choices={KIND_CHOICES} onChoose={setKind} />
            <Segmented label="Device" value={device} choices={DEVICE_CHOICES} onChoose={setDevice} />
            <button
              type="button"
              aria-pressed={onlyTrouble}
              disabled={kind !== "click"}
              onClick={() => setOnly(onlyTrouble ? "" : "trouble")}
              className={`h-8 shrink-0 rounded-control border px-2.5 hover:bg-hover disabled:text-ink3 pointer-coarse:h-9 ${onlyTrouble ? "border-line2 font-medium" : "border-dashed border-edge text-ink2"}`}
            >
              Rage and dead only
            </button>
            <Legend heatmap={heatmap.data?.data} kind={kind} isPending={heatmap.isPending} />
          </>
        }
      >
        <Read query={pages} what="the pages" loading={<LoadingBoard />}>
          {() =>
            page === null || request === null ? (
              <NoPages />
            ) : (
              <Read query={heatmap} what="the heatmap" loading={<LoadingBoard />}>
                {(answer) =>
                  pictures.isPending ? (
                    <LoadingBoard />
                  ) : (
                    <Shown
                      heatmap={answer.data}
                      kind={kind}
                      device={device}
                      picture={picture}
                      isPictureUnread={pictures.isError}
                      onlyTrouble={onlyTrouble}
                      onAll={() => setDevice("all")}
                      onClear={() => setOnly("")}
                      request={askedOf(`/api/heatmap/${store}`, { ...request })}
                    />
                  )
                }
              </Read>
            )
          }
        </Read>
      </Page>
    </div>
  );
}

interface ShownProps {
  heatmap: Heatmap;
  kind: Kind;
  device: Device;
  picture: Picture | null;
  isPictureUnread: boolean;
  onlyTrouble: boolean;
  onAll: () => void;
  onClear: () => void;
  request: string;
}

function Shown({ heatmap, kind, device, picture, isPictureUnread, onlyTrouble, onAll, onClear, request }: ShownProps) {
  const { store_id: store, time_zone: zone } = useStore();
  const [search, change] = usePageSearch();
  const [pointed, setPointed] = useState<string | null>(null);
  const elements = useMemo(() => listOf(heatmap.elements, kind, onlyTrouble), [heatmap, kind, onlyTrouble]);
  const names = useMemo(() => new Map(picture?.elements.map((one) => [one.selector, one.name])), [picture]);
  const paper = paperOf(device, picture, heatmap.cells, heatmap.grid.row_px);
  const marked = kind === "scroll" ? null : (pointed ?? search.row ?? null);
  const mark = useMemo(() => placeOf(marked, elements, picture, kind), [marked, elements, picture, kind]);
  const isEmpty = kind === "scroll" ? heatmap.totals.views === 0 : heatmap.cells.length === 0;
  return (
    <Frame
      board={<Board heatmap={heatmap} kind={kind} paper={paper} picture={picture && fileOf(store, picture)} mark={mark} sentence={sentenceOf(heatmap, kind)} />}
      list={
        <>
          <Totals heatmap={heatmap} kind={kind} request={request} />
          <div className="min-h-0 flex-1 lg:overflow-auto">
            {isEmpty && device !== "all" && (
              <p className="border-b border-line bg-sunken px-4 py-2 text-sm text-ink2">
                Nothing of this kind by this class of device.{" "}
                <button type="button" onClick={onAll} className="text-accent underline">
                  Show all devices
                </button>
              </p>
            )}
            {kind === "scroll" ? (
              <ReachTable heatmap={heatmap} />
            ) : (
              <ElementList
                heatmap={heatmap}
                kind={kind}
                elements={elements}
                names={names}
                chosen={search.row ?? null}
                onChoose={(row) => change({ row })}
                onPoint={setPointed}
                onlyTrouble={onlyTrouble}
                onClear={onClear}
              />
            )}
          </div>
          <TestsOfPages />
          <p className="shrink-0 border-t border-line px-4 py-2.5 text-xs text-ink3" data-note>
            {noteOf(heatmap, kind)} {pictureNote(picture, isPictureUnread, zone)}
            {marked && !mark && picture?.source === "captured" && " The chosen element was not found when the page was captured."}
          </p>
        </>
      }
    />
  );
}

function Frame({ board, list }: { board: ReactNode; list: ReactNode }) {
  return (
    <div className="flex min-h-0 min-w-0 flex-1 max-lg:flex-col">
      {board}
      <aside aria-label="The page in words" className="flex min-h-0 flex-col border-line max-lg:border-t lg:w-84 lg:shrink-0 lg:border-l">
        {list}
      </aside>
    </div>
  );
}

function LoadingBoard() {
  return <Frame board={<div className="min-h-0 flex-1 bg-canvas max-lg:h-[60dvh] max-lg:flex-none" />} list={<LoadingRows rows={12} height={52} />} />;
}

function NoPages() {
  return (
    <Empty title="No page has a heatmap in these days">
      The tracker tells where visitors click, rest and scroll when its tag says <code className="font-mono text-sm">data-heatmap</code>. Choose a longer period, or look at{" "}
      <Link to="/live" className="text-accent underline">
        Live
      </Link>{" "}
      whether events arrive.
    </Empty>
  );
}

/** Reserves the space of the page's acts until the page is known. */
function ActsToCome({ why }: { why: string }) {
  return (
    <>
      <Button blocked={why} icon={<ImageIcon aria-hidden="true" size={14} />}>
        <span className="max-md:sr-only">Picture</span>
      </Button>
      <Button blocked={why} icon={<ExternalLink aria-hidden="true" size={14} />}>
        <span className="max-md:sr-only">Open on the live page</span>
      </Button>
    </>
  );
}

interface LegendProps {
  heatmap: Heatmap | undefined;
  kind: Kind;
  /** Keeps its space while the amount is not known. */
  isPending: boolean;
}

function Legend({ heatmap, kind, isPending }: LegendProps) {
  const most = mostOf(heatmap?.cells ?? []);
  if (kind === "scroll" || (most === 0 && !isPending)) return null;
  return (
    <p data-legend className={`ml-auto flex items-center gap-2 text-sm text-ink2 ${most === 0 ? "invisible" : ""}`}>
      <span>1</span>
      <span aria-hidden="true" className="h-1.5 w-27 rounded-badge" style={{ background: `linear-gradient(to right, ${RAMP.join(", ")})` }} />
      <span>
        {formatCount(most)} {kind === "hover" ? "hovers" : "clicks"} a cell
      </span>
    </p>
  );
}

function sentenceOf(heatmap: Heatmap, kind: Kind): string {
  const page = readable(heatmap.page);
  if (kind === "scroll") return `How far ${formatCount(heatmap.totals.views)} views of ${page} were scrolled. The table beside it has the numbers.`;
  const events = heatmap.cells.reduce((sum, cell) => sum + cell.events, 0);
  return `${formatCount(events)} ${kind}s on ${page} in ${formatCount(heatmap.cells.length)} cells, at most ${formatCount(mostOf(heatmap.cells))} in one. The list of elements beside it has the numbers.`;
}

/** The position of a marked element on the picture; null if it is not known. */
function placeOf(selector: string | null, elements: readonly Clicked[], picture: Picture | null, kind: Kind): Mark | null {
  const place = elements.findIndex((one) => one.selector === selector);
  const box = picture?.elements.find((one) => one.selector === selector);
  if (place < 0 || !box) return null;
  const { x, y, width, height } = box;
  return { x, y, width, height, text: `${place + 1} · ${readable(box.name || shortOf(box.selector))} · ${markOf(elements[place]!, kind)}` };
}

/** What is drawn, and what is left out. */
function noteOf(heatmap: Heatmap, kind: Kind): string {
  if (kind === "scroll") return "Lines stand at every tenth of the page, the darker the fewer came there.";
  const { columns, row_px: row } = heatmap.grid;
  const cells = heatmap.cells_truncated ? `The ${formatCount(heatmap.cells.length)} cells with most events are drawn` : `All ${formatCount(heatmap.cells.length)} cells are drawn`;
  const list = heatmap.elements.length >= MOST ? ` The list has the ${MOST} elements with most clicks.` : "";
  return `${cells}, ${columns} columns by ${row} px.${list}`;
}

function pictureNote(picture: Picture | null, isUnread: boolean, zone: string): string {
  if (isUnread) return "The picture of the page could not be read.";
  if (!picture) return "There is no picture of this page: lines stand every 100 px, and elements cannot be framed.";
  const at = `${formatMoment(picture.taken_at, zone)} ${zoneName(zone)}`;
  if (picture.source === "captured") return `Page as captured ${at}.`;
  return `Page as uploaded ${at}; of such a picture it is not known where elements lie.`;
}
