/** Patches of events (RFC 6902): how one begins, and what is wrong with it before it is sent. */

import { inexactNumber } from "~/format/json_text";

export type Operation = Record<string, unknown>;
export type Parsed = { patch: Operation[] | null; fault: null } | { patch: null; fault: string };

const ACTS = ["add", "remove", "replace", "move", "copy", "test"];

/** A patch from its text; an empty text is no patch. */
export function parsePatch(text: string): Parsed {
  if (text.trim() === "") return { patch: null, fault: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { patch: null, fault: `This is not JSON yet: ${(error as Error).message}` };
  }
  const inexact = inexactNumber(text);
  if (inexact) return { patch: null, fault: `${inexact} would lose digits on its way: a browser cannot send a number like this exactly.` };
  if (!Array.isArray(value)) return { patch: null, fault: "A patch is a list of operations: [{…}, {…}]." };
  for (const [place, one] of value.entries()) {
    const fault = faultOf(one);
    if (fault) return { patch: null, fault: `Operation ${place + 1} ${fault}` };
  }
  return { patch: value.length ? (value as Operation[]) : null, fault: null };
}

function faultOf(one: unknown): string | null {
  if (typeof one !== "object" || one === null || Array.isArray(one)) return "is not an object.";
  const { op, path } = one as Operation;
  if (typeof op !== "string" || !ACTS.includes(op)) return `must have an “op” of ${ACTS.join(", ")}.`;
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) return "must have a “path” that begins with /.";
  return null;
}

/** What a repair most often is: the field that was wrong, tested and then emptied. */
export function suggestedPatch(event: Record<string, unknown> | null, field: string): string {
  const name = field.split(/[.[\]]/)[0];
  if (!event || !name || !(name in event)) return "";
  const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const lines = [
    { op: "test", path, value: event[name] },
    { op: "replace", path, value: null },
  ].map((one) => JSON.stringify(one));
  return `[${lines.join(",\n ")}]`;
}
