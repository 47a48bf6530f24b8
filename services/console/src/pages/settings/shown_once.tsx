import { Check, Copy, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button, IconButton } from "~/parts/button";
import { copyAndTell } from "~/parts/copy";

interface ShownOnceProps {
  /** "this key" */
  what: string;
  secret: string;
  onDone: () => void;
}

/** A new secret, which is shown only once: it is lost when the page is left. */
export function ShownOnce({ what, secret, onDone }: ShownOnceProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const copy = () => copyAndTell(secret, "Copied. Keep it where secrets are kept.");
  return (
    <div ref={box} tabIndex={-1} role="status" className="flex flex-wrap items-center gap-3 rounded-panel border border-ok-dot bg-ok-soft px-4 py-3">
      <Check aria-hidden="true" size={16} className="shrink-0 text-ok" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">Copy {what} now. It is not shown again.</p>
        <code data-secret className="font-mono text-sm break-all select-all">
          {secret}
        </code>
      </div>
      <Button icon={<Copy aria-hidden="true" size={14} />} onClick={() => void copy()}>
        Copy
      </Button>
      <IconButton name="I have it" icon={<X aria-hidden="true" size={16} />} onClick={onDone} />
    </div>
  );
}
