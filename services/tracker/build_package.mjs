/**
 * Builds what `npm pack` takes: `npm run package`. Writes into dist: index.js, react.js, server.js
 * and their types. React itself is the shop's own, so it is not in them.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const TYPES = join(DIST, "types");

rmSync(DIST, { recursive: true, force: true });
for (const [name, entry] of [
  ["index", "index.ts"],
  ["react", "react/index.ts"],
  ["server", "react/server.ts"],
]) {
  await build({
    entryPoints: [join(HERE, "src", entry)],
    outfile: join(DIST, `${name}.js`),
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    external: ["react", "react/jsx-runtime"],
    // The entry's line stays; the one of each file in it goes, of which esbuild would warn.
    logOverride: { "ignored-directive": "silent" },
  });
}

const tsc = join(HERE, "node_modules/.bin/tsc");
execFileSync(tsc, ["-p", join(HERE, "tsconfig.package.json")], { stdio: "inherit" });
// Where modules are resolved as Node does it, a relative import names its file.
for (const file of readdirSync(TYPES, { recursive: true }).filter((name) => name.endsWith(".ts"))) {
  const text = readFileSync(join(TYPES, file), "utf8");
  writeFileSync(join(TYPES, file), text.replace(/(from "\.[^"]*)"/g, '$1.js"'));
}
