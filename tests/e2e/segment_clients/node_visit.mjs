// A visit with Segment's client for Node: HOST and KEY, the calls as JSON on stdin.
import { readFileSync } from "node:fs";
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 4, flushInterval: 100 });
const failed = [];
analytics.on("error", (error) => failed.push(error));
for (const { call, ...message } of JSON.parse(readFileSync(0, "utf8"))) {
  analytics[call](message);
}
await analytics.closeAndFlush({ timeout: 30_000 });
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
