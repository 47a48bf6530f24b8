import { useState } from "react";
import { useABTest } from "@storepulse/tracker/react";
import { setup } from "../backend";
import { PRODUCTS, pictureOf, productOf, searched } from "../catalogue";
import { Feed } from "../parts/feed";
import { SearchBar } from "../parts/search_bar";
import { tellSearch } from "../tracking";

/** What the variants of the hero's experiment say. */
const HEROES: Record<string, { title: string; text: string; call: string; product: string }> = {
  control: {
    title: "Made slowly, worn for years.",
    text: "Twelve pieces for the cold half of the year, from mills that we know by name.",
    call: "See the coats",
    product: "coat-camel",
  },
  warm: {
    title: "The jumper that outlives winters.",
    text: "Lambswool, knitted in one piece. If it wears through, we mend it for nothing.",
    call: "See the jumper",
    product: "knit-rust",
  },
};

export function Front() {
  const [query, setQuery] = useState("");
  const found = query.trim() === "" ? PRODUCTS : searched(query);
  return (
    <>
      <SearchBar query={query} onChange={setQuery} onSubmit={(text) => text.trim() && tellSearch(text)} />
      {query.trim() === "" && <Hero />}
      <section className="shelf" aria-label="Products">
        <h2>{query.trim() === "" ? "The collection" : `${found.length} for “${query.trim()}”`}</h2>
        {found.length === 0 ? (
          <p className="empty">Nothing matches. Try “wool” or “dress”.</p>
        ) : (
          <Feed products={found} />
        )}
      </section>
    </>
  );
}

function Hero() {
  const { variant, loading } = useABTest(setup.hero_test ?? "");
  const hero = HEROES[variant] ?? HEROES.control!;
  const product = productOf(hero.product)!;
  return (
    <section className="hero" style={loading ? { visibility: "hidden" } : undefined}>
      <div className="hero-text">
        <p className="kicker">Autumn and winter</p>
        <h1>{hero.title}</h1>
        <p>{hero.text}</p>
        <a className="button" href={`/demo/p/${product.id}`} data-track="hero_pressed">
          {hero.call}
        </a>
      </div>
      <img src={pictureOf(product)} alt={product.name} width={600} height={800} />
    </section>
  );
}
