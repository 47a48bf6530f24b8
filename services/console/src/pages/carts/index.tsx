import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { askedOf } from "~/api/asked";
import { Filter } from "~/parts/choices";
import { FigureStrip } from "~/parts/figures";
import { PAGE_ROWS } from "~/parts/pager";
import { Read } from "~/parts/read";
import { readable } from "~/format/text";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { useChoice, useFilter, usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { CartChart, useGrain } from "./cart_chart";
import { CART_SORTS, CartList, type CartSort } from "./cart_list";
import { ExportMenu } from "./export_menu";
import { cartFigures } from "./figures";
import { Journey } from "./journey";
import { type CartAnalytics, cartAnalyticsQuery, cartEventsQuery } from "./queries";
import { TopCartProducts } from "./top_products";
import { WhoFilter } from "./who";

const IMAGES = ["generated", "person", "clothing", "none"] as const;
const IMAGE_CHOICES = [
  { value: "generated", name: "From a generated image" },
  { value: "person", name: "With a person’s photo" },
  { value: "clothing", name: "With a clothing photo" },
  { value: "none", name: "Without any" },
];
/** Maximum of products in the filter. */
const PRODUCTS = 50;

export default function CartsPage() {
  const { store_id: storeId } = useStore();
  const { query, compared } = usePeriod();
  const [grain] = useGrain();
  const [search, change] = usePageSearch();
  const [product, setProduct] = useFilter("product");
  const [image, setImage] = useChoice<(typeof IMAGES)[number] | "">("f.image", IMAGES, "");
  const [who, setWho] = useState<string | null>(null);
  const sorting = useSorting<CartSort>("carts", CART_SORTS, "-created_at");
  const asked = { storeId, ...query, interval: grain, limit: PRODUCTS, ...(compared.compare ? { compare: compared.compare } : {}) };
  const analytics = useQuery(cartAnalyticsQuery(asked));
  const filters = {
    ...(product ? { productId: product } : {}),
    ...(image ? { image } : {}),
    ...(who ? (who.includes("@") ? { customerEmail: who } : { sessionId: who }) : {}),
  };
  const carts = useQuery(cartEventsQuery({ storeId, ...query, ...filters, ...sorting.query, limit: PAGE_ROWS, ...(search.cur ? { cursor: search.cur } : {}) }));
  const chosen = carts.data?.data.find((one) => one.eventId === search.row);
  const products = (analytics.data?.data.byProduct ?? []).map((one) => ({ value: one.productId, name: one.productTitle ?? one.productId, count: String(one.carts) }));
  const clear = () => {
    setWho(null);
    change({ "f.product": null, "f.image": null });
  };
  return (
    <Page title="Carts" period comparison actions={<ExportMenu query={{ storeId, ...query, ...filters }} />} freshness={freshnessOf(analytics, carts)}>
      <Read query={analytics} what="the figures of carts" loading={<LoadingFigures />}>
        {(answer) => <Figures answer={answer} at={analytics.dataUpdatedAt} request={askedOf("/api/cart-tracking/analytics", asked)} />}
      </Read>
      <div role="group" aria-label="Filters" className="flex min-h-12 flex-wrap items-center gap-2 border-y border-line px-4 py-1.5">
        <h2 className="mr-2 font-semibold">{sorting.sort === "-created_at" ? "Newest" : "Additions"}</h2>
        <Filter label="Product" choices={products} value={product} onChoose={setProduct} />
        <Filter label="Image" choices={IMAGE_CHOICES} value={image || null} onChoose={(value) => setImage((value ?? "") as typeof image)} />
        <WhoFilter
          value={who}
          onChoose={(value) => {
            setWho(value);
            change({ cur: null }, { replace: true });
          }}
        />
      </div>
      <div className="flex min-w-0 flex-1 items-start">
        <CartList carts={carts} sorting={sorting} filters={namesOf(product, image, who)} onClear={clear} />
        {chosen && <Journey event={chosen} onClose={() => change({ row: null })} />}
      </div>
    </Page>
  );
}

function namesOf(product: string | null, image: string, who: string | null): string[] {
  return [product && `product ${readable(product)}`, image && `image ${image}`, who && `customer or session ${readable(who)}`].filter((one): one is string => Boolean(one));
}

function Figures({ answer, at, request }: { answer: CartAnalytics; at: number; request: string }) {
  return (
    <>
      <FigureStrip label="Carts in figures" figures={cartFigures(answer, request)} />
      <div className="grid min-w-0 xl:grid-cols-[minmax(0,1.15fr)_minmax(0,1fr)]">
        <CartChart answer={answer} at={at} />
        <TopCartProducts answer={answer} />
      </div>
    </>
  );
}

function LoadingFigures() {
  return (
    <div role="status" aria-label="Loading">
      <FigureStrip label="Carts in figures" figures={cartFigures(undefined, "")} isLoading />
      <div className="grid xl:grid-cols-2">
        <div className="h-[21.625rem]" />
        <div className="h-[20rem] xl:hidden" />
      </div>
    </div>
  );
}
