/** Text that somebody else wrote: shown as text, whatever it holds, and never as wide as it likes. */

/** Control and direction characters, and such as have no width: written by their code point. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Characters of one text that a page shows at most; the rest is said by its length. */
const MOST_SHOWN = 2000;

export function readable(text: string): string {
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (${text.length} characters)` : text;
  return cut.replace(UNSEEN, (unseen) => `[U+${unseen.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

interface ForeignProps {
  children: string | null | undefined;
  /** What stands where there is no text. */
  none?: string;
  className?: string;
  /** One line, cut with the whole text as its title. */
  cut?: boolean;
}

/** Text of events: names, searches, messages, addresses. */
export function Foreign({ children, none = "–", className = "", cut = true }: ForeignProps) {
  if (children == null || children === "") return <span className="text-ink3">{none}</span>;
  const text = readable(children);
  return (
    <bdi className={`${cut ? "block truncate" : "break-words whitespace-pre-wrap"} ${className}`} title={cut ? text : undefined}>
      {text}
    </bdi>
  );
}

/** The address of a link, where it is one that may be opened. */
export function safeAddress(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
