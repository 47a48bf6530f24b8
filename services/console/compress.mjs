/** Writes each text file of the build in brotli beside itself: `node compress.mjs`, after the build. */

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const BUILT = new URL("../storepulse/query/console/built/", import.meta.url);
// The page itself is not: each answer puts its own nonce in.
const TEXT = /^(?!index\.html$).*\.(css|js|svg)$/;

for (const name of readdirSync(fileURLToPath(BUILT), { recursive: true })) {
  const path = fileURLToPath(new URL(name, BUILT));
  if (TEXT.test(name)) writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)));
}
