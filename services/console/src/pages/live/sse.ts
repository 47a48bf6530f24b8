/** Parses server-sent events from the text of an answer, which may be split anywhere. */

export interface Message {
  kind: string;
  data: string;
  id: string | null;
}

/** A parser of one stream: takes pieces of text, returns the complete messages. */
export function makeParser(): (piece: string) => Message[] {
  let rest = "";
  let kind = "";
  let id: string | null = null;
  let data: string[] = [];
  return (piece) => {
    const found: Message[] = [];
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) found.push({ kind: kind || "message", data: data.join("\n"), id });
        kind = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (name === "event") kind = value;
      else if (name === "data") data.push(value);
      else if (name === "id") id = value;
    }
    return found;
  };
}
