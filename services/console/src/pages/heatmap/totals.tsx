import { formatCount } from "~/format/numbers";
import { Defined, type Definition } from "~/parts/definition";
import type { Heatmap, Kind } from "./queries";

interface Total {
  id: string;
  name: string;
  value: number | undefined;
  tone?: string;
  definition: Definition;
}

/** The page's totals, three at most, each with its definition. */
export function Totals({ heatmap, kind, request }: { heatmap: Heatmap | undefined; kind: Kind; request: string }) {
  return (
    <section aria-label="Totals of the page" className="flex shrink-0 border-b border-line">
      {totalsOf(heatmap, kind).map((one) => (
        <div key={one.id} data-figure={one.id} className="min-h-17 min-w-0 flex-1 border-r border-line px-2 py-2.5 text-center last:border-r-0">
          <p data-value className={`text-title font-semibold ${one.value ? (one.tone ?? "") : ""}`}>
            {one.value === undefined ? <span className="skeleton">0,000</span> : formatCount(one.value)}
          </p>
          <p className="text-ink2">
            <Defined name={one.name} definition={{ ...one.definition, query: request, chapter: "Heatmaps" }} />
          </p>
        </div>
      ))}
    </section>
  );
}

function totalsOf(heatmap: Heatmap | undefined, kind: Kind): Total[] {
  const { clicks, rage_clicks, dead_clicks, hovers, scrolls, views } = heatmap?.totals ?? {};
  const elements = "the table heatmap_elements";
  const reach = "the table heatmap_scroll";
  if (kind === "hover") return [{ id: "hovers", name: "Hovers", value: hovers, definition: { text: "Times that a pointer rested on an element. Robots are left out.", source: elements } }];
  if (kind === "scroll") {
    return [
      { id: "views", name: "Views", value: views, definition: { text: "Views of the page that were scrolled, each once by its furthest scroll. Views that were never scrolled are left out, and so are robots.", source: reach } },
      { id: "scrolls", name: "Scrolls", value: scrolls, definition: { text: "Scroll events. A view may have several.", source: reach } },
    ];
  }
  return [
    { id: "clicks", name: "Clicks", value: clicks, definition: { text: "Clicks of these devices in this period. Robots are left out.", source: elements } },
    { id: "rage", name: "Rage", value: rage_clicks, tone: "text-warn", definition: { text: "The third and later clicks of a burst: at least two clicks of the same session came before, within one second and 30 pixels. Steppers, number fields, next and previous are left out.", source: elements } },
    { id: "dead", name: "Dead", value: dead_clicks, tone: "text-bad", definition: { text: "Clicks on what does not react to clicks, nor is held by what does: no link, button, field or label.", source: elements } },
  ];
}
