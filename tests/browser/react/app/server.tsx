/** Renders the page in Node: what is said comes as JSON, the HTML goes out. */

import { readFileSync } from "node:fs";
import { renderToString } from "react-dom/server";
import { getAssignments, type ServerOptions } from "@storepulse/tracker/react/server";
import { Page, type Said } from "./page";

const { said, ask } = JSON.parse(readFileSync(0, "utf8")) as { said: Said; ask?: ServerOptions };
const initial = ask && (await getAssignments(ask));
const whole: Said = initial ? { ...said, provider: { ...said.provider, initial } } : said;
console.log(JSON.stringify({ html: renderToString(<Page said={whole} />), said: whole }));
