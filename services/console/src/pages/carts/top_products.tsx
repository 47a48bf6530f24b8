import { ShareBar } from "~/charts/small";
import { formatCount, formatPercent } from "~/format/numbers";
import { Foreign } from "~/format/text";
import { useFilter } from "~/state/search";
import type { CartAnalytics } from "./queries";

const SHOWN = 8;

/** The most added products; choosing one filters the list below. */
export function TopCartProducts({ answer }: { answer: CartAnalytics }) {
  const [product, setProduct] = useFilter("product");
  const rows = answer.data.byProduct.slice(0, SHOWN);
  const most = Math.max(...rows.map((one) => one.carts), 1);
  return (
    <section aria-label="Products in carts" className="min-w-0 border-line py-3 max-xl:border-t xl:border-l">
      <div className="mb-2 flex min-h-8 flex-wrap items-center gap-x-3 px-4">
        <h2 className="font-semibold">Products in carts</h2>
        <span className="ml-auto text-sm text-ink3">carts · of them from an image</span>
      </div>
      {rows.length === 0 && <p className="px-4 py-2 text-ink3">No addition of these days names a product.</p>}
      <ol>
        {rows.map((one) => (
          <li key={one.productId}>
            <button
              type="button"
              aria-pressed={product === one.productId}
              title="Show its additions alone"
              onClick={() => setProduct(product === one.productId ? null : one.productId)}
              className={`grid min-h-[33px] w-full grid-cols-[minmax(0,1fr)_5rem_3rem_3rem] max-md:grid-cols-[minmax(0,1fr)_3rem_3rem] items-center gap-3 px-4 text-left hover:bg-hover focus-visible:outline-offset-[-2px] pointer-coarse:min-h-11 ${product === one.productId ? "bg-accent-soft" : ""}`}
            >
              <span className="flex min-w-0 items-baseline gap-2">
                <Foreign className="min-w-0 font-medium">{one.productTitle ?? one.productId}</Foreign>
                {one.productTitle && <Foreign className="min-w-6 shrink-[2] font-mono text-sm text-ink3 max-md:hidden">{one.productId}</Foreign>}
              </span>
              <ShareBar share={one.carts / most} className="max-md:hidden" />
              <span className="text-right">{formatCount(one.carts)}</span>
              <span className="text-right text-ink2">{formatPercent(one.shareFromImage, 0)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
