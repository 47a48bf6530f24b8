import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";

interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

const STAYS = 8000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

function hear(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** Says what an act did, with an undo button if it can be undone. */
export function showToast(text: string, undo?: () => void): void {
  last += 1;
  set([...toasts.slice(-2), { id: last, text, undo }]);
}

function drop(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

/** The place of toasts, once in the console. */
export function Toasts() {
  const shown = useSyncExternalStore(hear, () => toasts);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2 max-md:bottom-20">
      {shown.map((one) => (
        <ToastCard key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => drop(toast.id), STAYS);
    return () => clearTimeout(timer);
  }, [isHeld, toast.id]);
  return (
    <div
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex max-w-md items-center gap-3 rounded-panel bg-raised px-4 py-2.5 shadow-float"
    >
      <span>{toast.text}</span>
      {toast.undo && (
        <button
          type="button"
          className="font-medium text-accent"
          onClick={() => {
            toast.undo?.();
            drop(toast.id);
          }}
        >
          Undo
        </button>
      )}
      <button type="button" aria-label="Dismiss" title="Dismiss" className="reachable text-ink3 hover:text-ink" onClick={() => drop(toast.id)}>
        <X aria-hidden="true" size={14} />
      </button>
    </div>
  );
}
