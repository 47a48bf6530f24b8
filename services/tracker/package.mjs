/**
 * Builds what `npm pack` packs: `dist/index.js`, and `dist/react/index.js` where src/react is, each
 * with its declarations and source map. Nothing runs when the package is installed.
 */

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const ENTRIES = ["src/index.ts", "src/react/index.ts", "src/react/index.tsx"];
const entryPoints = ENTRIES.filter((entry) => existsSync(join(HERE, entry)));

rmSync(join(HERE, "dist"), { recursive: true, force: true });
await build({
  absWorkingDir: HERE,
  entryPoints,
  outbase: "src",
  outdir: "dist",
  bundle: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  sourcemap: true,
});
execFileSync("npx", ["tsc", "--project", "tsconfig.package.json"], { cwd: HERE, stdio: "inherit" });
