/** JSON as it came, a field a line. Numbers stay as they were written: a float has no room for the
 * last digits of a large one, and a name that comes twice stays twice. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** Lines of a JSON text; null where it is none. */
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

/** The first number of a JSON text that would lose digits on its way; null where there is none. */
export function inexactNumber(text: string): string | null {
  const numbers = (text.match(TOKEN) ?? []).filter((token) => /^-?\d/.test(token));
  return numbers.find((one) => plainNumber(one) !== plainNumber(String(Number(one)))) ?? null;
}

/** One way to write a number: its digits without zeros at the ends, and its power of ten. */
function plainNumber(text: string): string {
  const [, sign, whole, part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return text; // Infinity
  const digits = `${whole}${part}`.replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "0" : `${sign}${kept}e${Number(power) - part.length + digits.length - kept.length}`;
}
