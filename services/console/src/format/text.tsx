/** Untrusted text: always shown as text, never as markup, and limited in width. */

/** Control, direction and zero-width characters, which are shown by their code points. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Maximum characters shown of one text; beyond them, only the length is stated. */
const MOST_SHOWN = 2000;

export function readable(text: string): string {
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (${text.length} characters)` : text;
  return cut.replace(UNSEEN, (unseen) => `[U+${unseen.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

interface ForeignProps {
  children: string | null | undefined;
  /** Shown if there is no text. */
  none?: string;
  className?: string;
  /** One line, truncated, with the whole text as its title. */
  cut?: boolean;
}

/** Text from events: names, searches, messages, addresses. */
export function Foreign({ children, none = "–", className = "", cut = true }: ForeignProps) {
  if (children == null || children === "") return <span className="text-ink3">{none}</span>;
  const text = readable(children);
  return (
    <bdi className={`${cut ? "block truncate" : "break-words whitespace-pre-wrap"} ${className}`} title={cut ? text : undefined}>
      {text}
    </bdi>
  );
}

/** The address of a link if it is safe to open, else null. */
export function safeAddress(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
