// What the first page may weigh, and each further one: gzipped, as built. Fonts load beside it.

import { readFileSync, readdirSync } from "node:fs";

const BUILT = "../storepulse/query/console/built";
const page = readFileSync(new URL(`${BUILT}/index.html`, import.meta.url), "utf8");
const first = [...page.matchAll(/(?:src|href)="\/analytics\/([^"]+\.(?:js|css))"/g)].map((found) => found[1]);
const scripts = readdirSync(new URL(`${BUILT}/assets`, import.meta.url)).filter((name) => name.endsWith(".js"));
const later = scripts.map((name) => `assets/${name}`).filter((name) => !first.includes(name));
// Which page comes first is the reader's choice: the overview and the frame of all pages stand for it.
const shown = later.filter((name) => /^assets\/(overview|page)-/.test(name));
const KB = 1000;

export default [
  {
    name: "first load, without charts",
    path: ["index.html", ...first, ...shown].map((name) => `${BUILT}/${name}`),
    limit: `${200 * KB} B`,
    gzip: true,
  },
  ...later.map((name) => ({
    name: name.replace(/^assets\/|-[\w-]{8}\.js$/g, ""),
    path: `${BUILT}/${name}`,
    limit: `${80 * KB} B`,
    gzip: true,
  })),
];
