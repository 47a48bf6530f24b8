/** JSON formatted one field per line, without parsing: floats would lose digits of large numbers, and
 * repeated names would be merged. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** The lines of a JSON text; null if it is not JSON. */
export function indentedLines(text: string): string[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  let out = "";
  const newLine = () => (out += `\n${"  ".repeat(depth)}`);
  tokens.forEach((token, place) => {
    const isClosing = token === "}" || token === "]";
    const isEmpty = isClosing && /^[{[]$/.test(tokens[place - 1]!);
    if (isClosing) {
      depth -= 1;
      if (!isEmpty) newLine();
    }
    out += token === ":" ? ": " : token;
    const opens = token === "{" || token === "[";
    if (opens) depth += 1;
    const next = tokens[place + 1];
    if (token === "," || (opens && next !== "}" && next !== "]")) newLine();
  });
  return out.split("\n");
}

/** The first number of a JSON text that a float cannot represent exactly, or null. */
export function inexactNumber(text: string): string | null {
  const numbers = (text.match(TOKEN) ?? []).filter((token) => /^-?\d/.test(token));
  return numbers.find((one) => plainNumber(one) !== plainNumber(String(Number(one)))) ?? null;
}

/** A canonical form of a number: its digits without zeros at the ends, and its power of ten. */
function plainNumber(text: string): string {
  const [, sign, whole, part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return text; // Infinity
  const digits = `${whole}${part}`.replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "0" : `${sign}${kept}e${Number(power) - part.length + digits.length - kept.length}`;
}
