/** The fixed bar above the feed: it stays while the page scrolls beneath. */

import { useEffect, useRef } from "react";

interface Props {
  query: string;
  onChange(query: string): void;
  /** The search was meant: Enter was pressed. */
  onSubmit(query: string): void;
}

export function SearchBar({ query, onChange, onSubmit }: Props) {
  const input = useRef<HTMLInputElement>(null);

  // A phone's keyboard covers half of the feed, so it goes as soon as somebody scrolls.
  useEffect(() => {
    const hide = (): void => input.current?.blur();
    window.addEventListener("scroll", hide, { passive: true });
    return () => window.removeEventListener("scroll", hide);
  }, []);

  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        input.current?.blur();
        onSubmit(query);
      }}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="8.5" cy="8.5" r="5.5" />
        <path d="m13 13 4.5 4.5" />
      </svg>
      <input
        ref={input}
        type="search"
        enterKeyHint="search"
        autoComplete="off"
        aria-label="Search the shop"
        placeholder="Search coats, wool, stripes…"
        value={query}
        onChange={(event) => onChange(event.target.value)}
      />
      {query !== "" && (
        <button
          type="button"
          className="clear"
          aria-label="Clear the search"
          onClick={() => {
            onChange("");
            input.current?.focus();
          }}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="m6 6 8 8m0-8-8 8" />
          </svg>
        </button>
      )}
    </form>
  );
}
