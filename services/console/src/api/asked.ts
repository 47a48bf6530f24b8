/** The text of a request, shown to readers who want the same figure from the API. */

export function askedOf(path: string, query: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value != null);
  return `GET ${path}${pairs.length ? "?" : ""}${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`;
}
