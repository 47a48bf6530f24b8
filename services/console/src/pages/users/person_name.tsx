import { Bot, Globe, Hash, Megaphone, ShoppingBag } from "lucide-react";
import { Foreign, readable } from "~/format/text";
import type { Person } from "./queries";

type Named = Pick<Person, "name" | "email">;

/** A person's name; null if none is known. */
export function nameOf(person: Named): string | null {
  return person.name ?? person.email;
}

/** Up to two initials: ZL for "Zoë Lindqvist". */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const shown = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words;
  return shown.map((word) => readable([...word][0] ?? "").slice(0, 2)).join("").toUpperCase();
}

/** A circle with initials; dashed for a person without a name. */
export function Initials({ person, size = 24 }: { person: Named; size?: number }) {
  const name = nameOf(person);
  const letters = name === null ? "" : size > 30 ? initialsOf(name) : initialsOf(name.split(/\s/)[0] ?? "");
  return (
    <span
      aria-hidden="true"
      style={{ width: size, height: size }}
      className={`inline-flex shrink-0 items-center justify-center overflow-hidden rounded-full text-xs font-semibold text-ink2 ${name === null ? "border border-dashed border-edge" : "bg-hover"}`}
    >
      {letters}
    </span>
  );
}

/** The name, or that there is none. */
export function PersonName({ person }: { person: Named }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Initials person={person} />
      <Foreign none="anonymous" className="min-w-0 font-medium">
        {nameOf(person)}
      </Foreign>
    </span>
  );
}

type Placed = Pick<Person, "telegram_id" | "visitor_id" | "customer_id" | "kind">;

/** A person's best identifier: a chat, else a visitor, else the shop's or a campaign's id. */
export function placeOf(person: Placed): { icon: typeof Bot; word: string; id: string | null } {
  if (person.telegram_id !== null) return { icon: Bot, word: "tg", id: person.telegram_id };
  if (person.visitor_id !== null) {
    const isSession = person.visitor_id.startsWith("s:");
    return { icon: Globe, word: isSession ? "session" : "", id: isSession ? person.visitor_id.slice(2) : person.visitor_id };
  }
  if (person.customer_id !== null) return { icon: ShoppingBag, word: "customer", id: person.customer_id };
  return person.kind === "tracking" ? { icon: Megaphone, word: "campaign click", id: null } : { icon: Hash, word: "by e-mail address", id: null };
}

export function PersonPlace({ person }: { person: Placed }) {
  const { icon: Icon, word, id } = placeOf(person);
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-ink2">
      <Icon aria-hidden="true" size={13} className="shrink-0 text-ink3" />
      {word && <span className="shrink-0 text-sm">{word}</span>}
      {id !== null && <Foreign className="min-w-0 font-mono text-sm">{id}</Foreign>}
    </span>
  );
}
