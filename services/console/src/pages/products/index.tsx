import { useQuery } from "@tanstack/react-query";
import { askedOf } from "~/api/asked";
import { ShareBar } from "~/charts/small";
import { formatCount, formatPercent, ratioOf } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Defined, type Definition } from "~/parts/definition";
import { PAGE_ROWS, Pager } from "~/parts/pager";
import { Read } from "~/parts/read";
import { SearchField } from "~/parts/search_field";
import { Empty } from "~/parts/states";
import { type Column, Table } from "~/parts/table";
import { freshnessOf } from "~/shell/freshness";
import { Page } from "~/shell/page";
import { usePeriod } from "~/state/period";
import { type Search, sharedOf, usePageSearch } from "~/state/search";
import { useSorting } from "~/state/sorting";
import { useStore } from "~/state/store";
import { TopSearches } from "../searches/top";
import { type Product, type Products, productsQuery } from "./queries";

const SORTS = ["name", "views", "adds", "cart_rate", "purchases", "purchase_rate"] as const;

export default function ProductsPage() {
  const { store_id } = useStore();
  const { query } = usePeriod();
  const [search, change] = usePageSearch();
  const sorting = useSorting("products", SORTS, "-views");
  const text = search["f.q"] ?? "";
  const asked = { store_id, ...query, ...sorting.query, limit: PAGE_ROWS, ...(text ? { search: text } : {}), ...(search.cur ? { cursor: search.cur } : {}) };
  const products = useQuery(productsQuery(asked));
  const onSearch = (typed: string) => change({ "f.q": typed || null }, { replace: true });
  return (
    <Page
      title="Products"
      period
      freshness={freshnessOf(products)}
      filters={
        <>
          <SearchField label="Product or id" value={text} onSearch={onSearch} />
          <Totals products={products.data} request={askedOf("/api/analytics/products", asked)} />
        </>
      }
    >
      <div className="flex min-w-0 flex-1">
        <section aria-label="List of products" className="min-w-0 flex-1">
          <Read query={products} what="the products">
            {(page) =>
              page.data.length === 0 && !search.cur ? (
                <NoProducts text={text} onClear={() => change({ "f.q": null })} />
              ) : (
                <>
                  <Table
                    label="Products"
                    columns={columnsOf(page.data)}
                    rows={page.data}
                    idOf={(row) => row.product_id}
                    linkOf={(row) => ({ to: "/carts", search: cartsOf(search, row) })}
                    sort={sorting.sort}
                    onSort={sorting.setSort}
                    isBusy={products.isPlaceholderData}
                  />
                  <Pager shown={page.data.length} nextCursor={page.next_cursor} total={page.total} more={page.more} noun="products" isBusy={products.isPlaceholderData} />
                </>
              )
            }
          </Read>
        </section>
        <aside aria-label="Searches beside the products" className="w-80 shrink-0 border-l border-line max-xl:hidden">
          <TopSearches isNarrow />
        </aside>
      </div>
    </Page>
  );
}

/** The link of a product's row: its additions to carts. */
function cartsOf(search: Search, row: Product): Search {
  return { ...sharedOf(search), "f.product": row.product_id };
}

function columnsOf(rows: readonly Product[]): Column<Product>[] {
  const most = Math.max(...rows.map((row) => row.cart_rate ?? 0), 0.000001);
  return [
    { id: "name", name: "Product", sort: { by: "name", first: "up" }, cell: (row) => <Name product={row} /> },
    { id: "views", name: "Views", width: "6rem", align: "right", phone: "aside", sort: { by: "views", first: "down" }, cell: (row) => formatCount(row.views) },
    { id: "adds", name: "Added", width: "6rem", align: "right", sort: { by: "adds", first: "down" }, cell: (row) => <Added product={row} /> },
    { id: "cart_rate", name: "Views → cart", width: "10.5rem", align: "right", phone: "hidden", sort: { by: "cart_rate", first: "down" }, cell: (row) => <Rate share={row.cart_rate} most={most} /> },
    { id: "purchases", name: "Bought", width: "6rem", align: "right", phone: "hidden", sort: { by: "purchases", first: "down" }, cell: (row) => formatCount(row.purchases) },
    { id: "purchase_rate", name: "Cart → bought", width: "8rem", align: "right", phone: "hidden", sort: { by: "purchase_rate", first: "down" }, cell: (row) => formatPercent(row.purchase_rate) },
  ];
}

function Name({ product }: { product: Product }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <Foreign className="min-w-0 font-medium">{product.product_name ?? product.product_id}</Foreign>
      {product.product_name && <Foreign className="min-w-8 shrink-[2] font-mono text-sm text-ink3">{product.product_id}</Foreign>}
    </span>
  );
}

/** On phones the other figures are in the same line. */
function Added({ product }: { product: Product }) {
  return (
    <>
      {formatCount(product.adds)}
      <span className="md:hidden">
        {` (${formatPercent(product.cart_rate)} of views) · bought ${formatCount(product.purchases)} (${formatPercent(product.purchase_rate)})`}
      </span>
    </>
  );
}

function Rate({ share, most }: { share: number | null; most: number }) {
  return (
    <span className="flex items-center justify-end gap-3">
      <ShareBar share={(share ?? 0) / most} className="w-20 max-md:hidden" />
      <span className="w-14 text-right">{formatPercent(share)}</span>
    </span>
  );
}

/** What the columns count, with the totals of all products. */
function Totals({ products, request }: { products: Products | undefined; request: string }) {
  const { views, adds, units } = products?.totals ?? {};
  const told: [string, string, Definition][] = [
    ["views", formatCount(views), { text: "Events product_view that name a product. Robots are left out.", source: "the table activity_products_daily" }],
    ["added", formatCount(adds), { text: "Events add_to_cart that name a product: events, not pieces.", formula: `Views → cart: ${formatCount(adds)} ÷ ${formatCount(views)} = ${formatPercent(ratioOf(adds, views))}`, source: "the table activity_products_daily" }],
    ["pieces bought", formatCount(units), { text: "Bought counts orders that hold the product, each once, and purchases without an order; Cart → bought divides them by Added. Pieces are the sum of quantities, less what came back.", source: "the tables order_lines and product_sales_daily" }],
  ];
  return (
    <p className="ml-auto flex flex-wrap gap-x-3 text-sm text-ink2" data-totals>
      {told.map(([name, value, definition]) => (
        <span key={name}>
          {value} <Defined name={name} definition={{ ...definition, query: request, chapter: "Products" }} />
        </span>
      ))}
    </p>
  );
}

function NoProducts({ text, onClear }: { text: string; onClear: () => void }) {
  if (!text) return <Empty title="No product was seen in these days">Products appear with the first product view, cart or purchase that names one.</Empty>;
  return (
    <Empty title="No product matches" onClear={onClear}>
      Nothing has “<Foreign cut={false}>{text}</Foreign>” in its name or id in these days.
    </Empty>
  );
}
