/**
 * Builds what the gateway serves: `node build.mjs`.
 *
 * Writes into services/storepulse/gateway/tracker/built: each module under a name that holds its
 * hash, the core as tracker.js and under such a name, the same in brotli, source maps (the gateway
 * names them in a header), and manifest.json, which says of each its file, its hash for `integrity` and its size in
 * bytes, gzipped by level 9.
 */

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILT = join(HERE, "../storepulse/gateway/tracker/built");
const MODULES = ["pixels", "heatmap", "experiments", "vitals", "overlay", "debug"];

/** The minified text of an entry point, and its source map. */
async function bundled(entry, format, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "src", entry)],
    bundle: true,
    write: false,
    format,
    target: "es2022",
    sourcemap: "external",
    outfile: "bundle.js",
    define,
  });
  const map = outputFiles.find((file) => file.path.endsWith(".map")).text;
  const code = outputFiles.find((file) => file.path.endsWith(".js")).text;
  return await minify(code, {
    module: format === "esm",
    compress: { passes: 4 },
    sourceMap: { content: map },
  });
}

function hashOf(code) {
  return createHash("sha256").update(code).digest("hex").slice(0, 8);
}

/** Writes a bundle under a name, and gives what the manifest says of it. */
function write(file, { code, map }) {
  writeFileSync(join(BUILT, file), code);
  writeFileSync(join(BUILT, `${file}.br`), brotliCompressSync(code));
  writeFileSync(join(BUILT, `${file}.map`), map);
  return {
    file,
    integrity: `sha384-${createHash("sha384").update(code).digest("base64")}`,
    gzip: gzipSync(code, { level: 9 }).length,
  };
}

rmSync(BUILT, { recursive: true, force: true });
mkdirSync(BUILT, { recursive: true });
const manifest = {};
const files = {};
for (const name of MODULES) {
  const bundle = await bundled(`modules/${name}.ts`, "esm");
  files[name] = `${name}.${hashOf(bundle.code)}.js`;
  manifest[name] = write(files[name], bundle);
}
const core = await bundled("core/main.ts", "iife", { MODULE_FILES: JSON.stringify(files) });
manifest.tracker = write("tracker.js", core);
manifest.core = write(`core.${hashOf(core.code)}.js`, core);
writeFileSync(join(BUILT, "manifest.json"), JSON.stringify(manifest, null, 2));
