/** The changes of an event by a patch, line by line. */

export interface DiffLine {
  sign: " " | "−" | "+";
  /** Line number: in the text before for "−", in the text after for the others. */
  number: number;
  text: string;
}

type Fields = Record<string, unknown>;

/** Maximum lines that are compared. */
const MOST_LINES = 600;

/** Computed again from the other fields after every patch, so it is not shown. */
const CHECKSUM = "content_crc";

/** The event as JSON, one field per line. Fields that are empty before and after are left out. */
export function linesOfPair(before: Fields, after: Fields): [string[], string[]] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const shown = new Set(names.filter((name) => name !== CHECKSUM && (before[name] != null || after[name] != null || name in before !== name in after)));
  const kept = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => shown.has(name)));
  return [linesOf(kept(before)), linesOf(kept(after))];
}

export function linesOf(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split("\n").slice(0, MOST_LINES);
}

/** The shortest difference of two texts, by their longest common subsequence of lines. */
export function diffOf(before: readonly string[], after: readonly string[]): DiffLine[] {
  const common = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let [a, b] = [0, 0];
  while (a < before.length || b < after.length) {
    if (a < before.length && b < after.length && before[a] === after[b]) {
      lines.push({ sign: " ", number: b + 1, text: after[b]! });
      a += 1;
      b += 1;
    } else if (a < before.length && (b === after.length || common[a + 1]![b]! >= common[a]![b + 1]!)) {
      lines.push({ sign: "−", number: a + 1, text: before[a]! });
      a += 1;
    } else {
      lines.push({ sign: "+", number: b + 1, text: after[b]! });
      b += 1;
    }
  }
  return lines;
}

/** common[a][b]: length of the longest common subsequence of the lines from a and from b on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let a = before.length - 1; a >= 0; a -= 1) {
    for (let b = after.length - 1; b >= 0; b -= 1) {
      common[a]![b] = before[a] === after[b] ? common[a + 1]![b + 1]! + 1 : Math.max(common[a + 1]![b]!, common[a]![b + 1]!);
    }
  }
  return common;
}

/** "1 line out, 1 line in", for screen readers. */
export function diffSentence(lines: readonly DiffLine[]): string {
  const count = (sign: DiffLine["sign"]) => lines.filter((line) => line.sign === sign).length;
  const [out, into] = [count("−"), count("+")];
  if (out + into === 0) return "The patch changes nothing.";
  return `The patch takes out ${out} ${out === 1 ? "line" : "lines"} and puts in ${into}.`;
}
