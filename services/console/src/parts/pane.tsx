import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useKeys } from "~/shell/keys";
import { IconButton } from "./button";

interface PaneProps {
  label: string;
  head: ReactNode;
  children: ReactNode;
  /** Id of the row that it belongs to: focus goes back there. */
  row: string;
  onClose: () => void;
}

/** The detail of a row: beside its list from 1280 px on, over it below. */
export function Pane({ label, head, children, row, onClose }: PaneProps) {
  const pane = useRef<HTMLElement>(null);
  const close = () => {
    onClose();
    queueMicrotask(() => document.querySelector<HTMLElement>(`[data-opener="${CSS.escape(row)}"]`)?.focus());
  };
  useKeys({ Escape: close });
  useEffect(() => pane.current?.focus({ preventScroll: true }), [row]);
  return (
    <aside
      ref={pane}
      tabIndex={-1}
      aria-label={label}
      className="z-20 flex w-[23rem] shrink-0 flex-col overflow-auto border-l border-line bg-surface focus-visible:outline-offset-[-2px] xl:sticky xl:top-(--bar) xl:max-h-[calc(100dvh-var(--bar))] max-xl:fixed max-xl:top-(--bar) max-xl:right-0 max-xl:bottom-0 max-md:bottom-14 max-xl:w-[min(26rem,100vw)] max-xl:shadow-float"
    >
      <div className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line pr-2 pl-4">
        <div className="flex min-w-0 flex-1 items-center gap-2">{head}</div>
        <IconButton name="Close" icon={<X aria-hidden="true" size={16} />} onClick={close} />
      </div>
      {children}
    </aside>
  );
}
