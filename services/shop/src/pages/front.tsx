import { createContext, useContext, useState } from "react";
import { useABTest } from "@storepulse/tracker/react";
import { setup } from "../backend";
import { searched } from "../catalogue";
import { Feed } from "../parts/feed";
import { SearchBar } from "../parts/search_bar";
import { type BlockProps, Blocks } from "../slots/blocks";
import { HOME, Hero } from "../slots/home_blocks";
import { usePage } from "../slots/page";
import type { ShownPage } from "../slots/slots";
import { tellSearch } from "../tracking";

/** What the hero's experiment says in place of the shop's own words. */
const HEROES: Record<string, Record<string, string>> = {
  warm: {
    title: "The jumper that outlives winters.",
    text: "Lambswool, knitted in one piece. If it wears through, we mend it for nothing.",
    label: "See the jumper",
    product: "knit-rust",
  },
};
const PageContext = createContext<ShownPage | null>(null);

export function Front() {
  const page = usePage("home", "front");
  const [query, setQuery] = useState("");
  const isSearch = query.trim() !== "";
  return (
    <>
      <SearchBar query={query} onChange={setQuery} onSubmit={(text) => text.trim() && tellSearch(text)} />
      {isSearch ? (
        <Found query={query.trim()} />
      ) : page === null ? (
        <div className="waiting" aria-busy="true" />
      ) : (
        <PageContext value={page}>
          <Blocks slots={page.slots} components={{ ...HOME, Hero: page.is_preview ? PreviewedHero : TestedHero }} />
        </PageContext>
      )}
    </>
  );
}

function Found({ query }: { query: string }) {
  const found = searched(query);
  return (
    <section className="shelf" aria-label="Products">
      <h2>{`${found.length} for “${query}”`}</h2>
      {found.length === 0 ? (
        <p className="empty">Nothing matches. Try “wool” or “dress”.</p>
      ) : (
        <Feed products={found} />
      )}
    </section>
  );
}

/** The hero with what its experiment says to this visitor. */
function TestedHero({ slot }: BlockProps) {
  const { variant, loading } = useABTest(setup.hero_test ?? "");
  return (
    <div style={loading ? { visibility: "hidden" } : undefined}>
      <Hero slot={heroOf(slot, variant)} />
    </div>
  );
}

/** The hero of whoever looks at a variant and takes part in no test. */
function PreviewedHero({ slot }: BlockProps) {
  const page = useContext(PageContext);
  return <Hero slot={heroOf(slot, page?.variants[setup.hero_test ?? ""] ?? "")} />;
}

/** A page's author is above the experiment: what differs from the shop's own words stays. */
function heroOf(slot: BlockProps["slot"], variant: string): BlockProps["slot"] {
  const own = setup.slots["home"]?.find((one) => one.slot_id === slot.slot_id)?.props ?? {};
  const said = Object.entries(HEROES[variant] ?? {}).filter(([name]) => slot.props[name] === own[name]);
  return { ...slot, props: { ...slot.props, ...Object.fromEntries(said) } };
}
