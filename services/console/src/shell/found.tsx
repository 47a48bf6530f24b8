/** What an id in the palette belongs to. */

interface FoundProps {
  words: string;
  onLeave: () => void;
  className: string;
}

export function Found(_: FoundProps) {
  return null;
}
