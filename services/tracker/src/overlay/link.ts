/** The token of a link: taken out of the address, and kept for this tab alone. */

const KEPT = "sp.overlay";
const MARK = /[#&]storepulse_overlay=([\w.-]+)/;

/** The link's token. It leaves the address, so that nobody shares it or counts it as a page. */
export function takeToken(): string | undefined {
  const { hash, pathname, search } = location;
  const found = MARK.exec(hash);
  if (!found) return keep();
  history.replaceState(history.state, "", pathname + search + hash.replace(MARK, ""));
  return keep(found[1]);
}

/** Keeps a token, "" for none any more; without one says which is kept. */
export function keep(token?: string): string | undefined {
  try {
    if (token === undefined) return sessionStorage[KEPT];
    sessionStorage[KEPT] = token;
  } catch {
    // A page in a sandbox stores nothing: the link then holds until the page is left.
  }
  return token;
}
