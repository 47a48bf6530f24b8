import { Search } from "lucide-react";
import { useEffect, useState } from "react";

interface SearchFieldProps {
  /** What it searches: "Product or id". */
  label: string;
  value: string;
  /** Called when typing pauses. */
  onSearch: (text: string) => void;
}

const PAUSE = 250;
const LONGEST = 200;

/** The page's search field: / focuses it, and the list is updated when typing pauses. */
export function SearchField({ label, value, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== sent) setTyped(value); // the browser's back button changed the value
  }
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => {
      setSent(typed.trim());
      onSearch(typed.trim());
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <label className="relative inline-flex w-64 max-w-full max-md:w-full">
      <span className="sr-only">{label}</span>
      <Search aria-hidden="true" size={14} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-ink3" />
      <input
        type="search"
        value={typed}
        maxLength={LONGEST}
        placeholder={label}
        onChange={(event) => setTyped(event.target.value)}
        className="h-8 w-full rounded-control border border-edge bg-surface pr-2 pl-8 placeholder:text-ink3 pointer-coarse:h-11"
      />
    </label>
  );
}
