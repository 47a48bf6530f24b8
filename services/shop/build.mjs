/**
 * Builds the demo shop: `node build.mjs`. Writes shop.js, shop.css, the pages and the pictures of
 * people who wear a product into services/storepulse/query/demo_shop/built.
 */

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILT = join(HERE, "../storepulse/query/demo_shop/built");
const at = (name) => join(HERE, "node_modules", name);

rmSync(BUILT, { recursive: true, force: true });
mkdirSync(BUILT, { recursive: true });
await build({
  entryPoints: [
    { in: join(HERE, "src/main.tsx"), out: "shop" },
    { in: join(HERE, "src/preview/main.tsx"), out: "preview" },
    { in: join(HERE, "src/shop.css"), out: "shop" },
  ],
  outdir: BUILT,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  alias: {
    // The hooks' source lies beside the shop; they take the shop's React.
    "@storepulse/tracker/react": join(HERE, "../tracker/src/react/index.ts"),
    react: at("react"),
    "react-dom": at("react-dom"),
  },
});

// What the shop's server gives for a try-on: one picture for each product and model.
const { outputFiles } = await build({
  stdin: {
    contents: 'export * from "./src/art/person"; export * from "./src/catalogue";',
    resolveDir: HERE,
  },
  bundle: true,
  format: "esm",
  write: false,
});
const drawings = await import(
  `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
);
const { MODELS, PRODUCTS, wornPicture } = drawings;
mkdirSync(join(BUILT, "worn"));
for (const { id, look } of PRODUCTS) {
  for (const model of MODELS) {
    const name = `${id}-${model.name.toLowerCase()}.svg`;
    const svg = wornPicture(model, look.garment, look.cloth, look.ground);
    writeFileSync(join(BUILT, "worn", name), svg);
  }
}

// The preview has an origin of its own, to which the shop's server gives no files: it holds them.
const own = {
  "{style}": readFileSync(join(BUILT, "shop.css"), "utf8").replaceAll("</", "<\\/"),
  "{script}": readFileSync(join(BUILT, "preview.js"), "utf8").replace(/<(?=\/script|script|!--)/gi, "\\x3c"),
};
const preview = readFileSync(join(HERE, "preview.html"), "utf8");
writeFileSync(join(BUILT, "preview.html"), preview.replace(/\{style\}|\{script\}/g, (found) => own[found]));
rmSync(join(BUILT, "preview.js"));

// Last: a shop that has its pages is whole.
for (const page of ["landing.html", "index.html"]) copyFileSync(join(HERE, page), join(BUILT, page));
