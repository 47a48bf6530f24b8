import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { Key } from "~/shell/sidebar";

const PAUSE = 250;

interface SearchFieldProps {
  words: string;
  onSearch: (words: string) => void;
}

/** Searches people by name. The text is sent in a body and is never in a URL. */
export function SearchField({ words, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(words);
  useEffect(() => {
    if (typed.trim() === words) return;
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, words, onSearch]);
  return (
    <span className="relative flex h-8 w-72 max-w-full items-center max-md:w-full pointer-coarse:h-11">
      <Search aria-hidden="true" size={14} className="pointer-events-none absolute left-2.5 text-ink3" />
      <input
        type="search"
        aria-label="Search users"
        autoComplete="off"
        maxLength={255}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onSearch(typed.trim());
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        placeholder="Name, e-mail, chat, visitor or order id"
        title="Finds what begins with it: name, e-mail address, chat, visitor, customer or order id"
        className="h-full w-full rounded-control border border-edge bg-surface pr-8 pl-8 placeholder:text-ink3"
      />
      {typed === "" && (
        <span className="pointer-events-none absolute right-2 max-md:hidden">
          <Key>/</Key>
        </span>
      )}
    </span>
  );
}
