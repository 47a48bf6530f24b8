/** Typed values of props: text that is valid JSON is that value, all other text stays text. */

export function plainOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return typeof valueOf(value) === "string" && !value.startsWith('"') ? value : JSON.stringify(value);
}

export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
