import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShareBar } from "~/charts/small";
import { formatCount, formatPercent } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { usePeriod } from "~/state/period";
import { sharedOf, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";
import { productsQuery } from "./queries";

const SHOWN = 9;

/** The most viewed products, and how many of their views led to a cart. */
export function TopProducts() {
  const { store_id } = useStore();
  const { query } = usePeriod();
  const [search] = usePageSearch();
  const products = useQuery(productsQuery({ store_id, ...query, limit: SHOWN }));
  return (
    <section aria-label="Products" className="min-w-0 border-line py-3 max-xl:border-t xl:border-l">
      <div className="mb-2 flex items-baseline gap-2 px-4">
        <h2 className="font-semibold">Products</h2>
        <span className="text-sm text-ink3">viewed, then put in a cart</span>
        <Link to="/products" search={sharedOf(search) as never} className="reachable ml-auto text-sm text-ink2 underline-offset-4 hover:underline">
          all {products.data && formatCount(products.data.total)}
          <span className="sr-only"> products</span>
        </Link>
      </div>
      <Read query={products} what="the products" loading={<LoadingRows rows={SHOWN} height={32} />}>
        {({ data }) => {
          const most = Math.max(...data.map((one) => one.cart_rate ?? 0), 0.000001);
          return data.length === 0 ? (
            <p className="px-4 py-2 text-ink3">No product was seen in these days.</p>
          ) : (
            <ol>
              {data.map((one) => (
                <li key={one.product_id} className="grid h-8 grid-cols-[minmax(0,1fr)_auto_4rem_3.25rem] items-center gap-3 px-4">
                  <Foreign>{one.product_name ?? one.product_id}</Foreign>
                  <span>{formatCount(one.views)}</span>
                  <ShareBar share={(one.cart_rate ?? 0) / most} />
                  <span className="text-right">{formatPercent(one.cart_rate)}</span>
                </li>
              ))}
            </ol>
          );
        }}
      </Read>
    </section>
  );
}
