/**
 * Builds what the gateway serves: `node build.mjs`.
 *
 * Writes into services/storepulse/gateway/tracker/built: each module under a name that holds a
 * hash of all modules, the core as tracker.js and under such a name, the same in brotli, source
 * maps (the gateway names them in a header), and manifest.json, which says of each its file, its
 * hash for `integrity` and its size in bytes, gzipped by level 9.
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
const LANDING = join(HERE, "../storepulse/tracking/built");
const LANDING_SCRIPTS = { landing: "main", pixel: "pixel", tag_manager: "tag_manager" };
const MODULES = ["pixels", "heatmap", "experiments", "vitals", "overlay", "debug"];

/** The minified text of an entry point, and its source map. */
async function bundled(entry, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "src", entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minifySyntax: true,
    sourcemap: "external",
    outfile: "bundle.js",
    absWorkingDir: HERE,
    define,
  });
  const map = outputFiles.find((file) => file.path.endsWith(".map")).text;
  const code = outputFiles.find((file) => file.path.endsWith(".js")).text;
  return await minify(code, {
    module: true,
    ecma: 2022,
    compress: { passes: 4, hoist_funs: true, keep_fargs: false, pure_getters: true, unsafe: true,
      unsafe_arrows: true, unsafe_methods: true },
    sourceMap: { content: map },
  });
}

/** The core as a classic script: it leaves no names behind, and starts or does nothing. */
function wrapped({ code, map }) {
  const shifted = JSON.parse(map);
  shifted.mappings = `;${shifted.mappings}`;
  return { code: `(()=>{try{\n${code}}catch{}})();`, map: JSON.stringify(shifted) };
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
const modules = [];
for (const name of MODULES) modules.push([name, await bundled(`modules/${name}.ts`)]);
// One hash for all, because each byte counts in the core, which holds it.
const hash = hashOf(modules.map(([, { code }]) => code).join("\n"));
for (const [name, bundle] of modules) manifest[name] = write(`${name}.${hash}.js`, bundle);
const core = wrapped(await bundled("core/main.ts", { MODULES_HASH: JSON.stringify(hash) }));
manifest.tracker = write("tracker.js", core);
manifest.core = write(`core.${hashOf(core.code)}.js`, core);
writeFileSync(join(BUILT, "manifest.json"), JSON.stringify(manifest, null, 2));

// Scripts that the Python package writes into pages, each around a value of its own.
rmSync(LANDING, { recursive: true, force: true });
mkdirSync(LANDING, { recursive: true });
for (const [name, entry] of Object.entries(LANDING_SCRIPTS)) {
  const { code } = wrapped(await bundled(`landing/${entry}.ts`));
  writeFileSync(join(LANDING, `${name}.js`), code);
}
