// Writes src/api/schema.ts, the types of the query service's OpenAPI document. It is kept nowhere: what
// the pages take for granted is held against the service as it is.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const FILE = new URL("src/api/schema.ts", import.meta.url);
const python = process.env.STOREPULSE_PYTHON ?? "../../.venv/bin/python";
const print = ["-m", "storepulse", "openapi", "query"];
const document = JSON.parse(execFileSync(python, print, { maxBuffer: 1 << 26 }).toString());
/** What the console asks for: no schema registry, no prose, of answers the good ones alone. */
function leaner(value, name) {
  if (Array.isArray(value)) return value.map((one) => leaner(one));
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key, inner]) => {
    if (name === "paths") return key.startsWith("/api/") || key.startsWith("/customers");
    if (name === "responses") return key.startsWith("2");
    return !["description", "title", "summary"].includes(key) || typeof inner === "object";
  });
  return Object.fromEntries(kept.map(([key, inner]) => [key, leaner(inner, key)]));
}

const types = astToString(await openapi(leaner(document), { alphabetize: true }));
writeFileSync(FILE, types);
