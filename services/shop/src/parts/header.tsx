import { Link } from "wouter";
import { useCart } from "../cart";

interface Props {
  onChat(): void;
  onPanel(): void;
  panelOpen: boolean;
}

export function Header({ onChat, onPanel, panelOpen }: Props) {
  const count = useCart().reduce((sum, line) => sum + line.quantity, 0);
  return (
    <header className="top">
      <Link href="/" className="brand">
        Aster <em>&amp;</em> Loom
      </Link>
      <nav aria-label="Shop">
        <button type="button" className="text-button" onClick={onChat}>
          Ask us
        </button>
        <button
          type="button"
          className="text-button"
          aria-pressed={panelOpen}
          onClick={onPanel}
          data-sp-ignore
        >
          <span className="pulse" aria-hidden="true" />
          <span className="long">Behind the scenes</span>
          <span className="short">Events</span>
        </button>
        <Link href="/cart" className="cart-link" aria-label={`Cart, ${count} items`}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M5 8h14l1 12H4L5 8Zm4 0V6a3 3 0 0 1 6 0v2" />
          </svg>
          {count > 0 && <span className="count">{count}</span>}
        </Link>
      </nav>
    </header>
  );
}
