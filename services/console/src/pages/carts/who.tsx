import { ChevronDown, X } from "lucide-react";
import { useState } from "react";
import { Button } from "~/parts/button";
import { Field } from "~/parts/dialog";
import { Popover } from "~/parts/popover";

interface WhoProps {
  value: string | null;
  onChoose: (value: string | null) => void;
}

/** Filters additions by session or customer. The value is kept out of the URL, because it may identify a
 * person. */
export function WhoFilter({ value, onChoose }: WhoProps) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState(value ?? "");
  return (
    <span className="inline-flex shrink-0">
      <Popover
        label="Customer or session"
        open={isOpen}
        onOpenChange={setOpen}
        trigger={
          <button
            type="button"
            onKeyDown={(event) => event.key === "Backspace" && onChoose(null)}
            className={`inline-flex h-8 max-w-64 items-center gap-1.5 rounded-control border px-2.5 whitespace-nowrap hover:bg-hover pointer-coarse:h-9 ${value === null ? "border-dashed border-edge text-ink2" : "rounded-r-none border-line2 font-medium"}`}
          >
            <span className={value === null ? "" : "font-normal text-ink2"}>{value === null ? "Customer or session" : value.includes("@") ? "Customer" : "Session"}</span>
            {value !== null && <bdi className="truncate">{value}</bdi>}
            <ChevronDown aria-hidden="true" size={14} className="shrink-0 text-ink3" />
          </button>
        }
      >
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            onChoose(typed.trim() || null);
            setOpen(false);
          }}
        >
          <Field label="E-mail address or session id" value={typed} onChange={setTyped} />
          <p className="text-sm text-ink3">Kept on this page alone: it never stands in the address.</p>
          <Button type="submit">Show these carts</Button>
        </form>
      </Popover>
      {value !== null && (
        <button
          type="button"
          aria-label="Clear customer or session"
          title="Clear customer or session"
          onClick={() => {
            setTyped("");
            onChoose(null);
          }}
          className="inline-flex h-8 w-7 items-center justify-center rounded-control rounded-l-none border border-l-0 border-line2 text-ink3 hover:bg-hover hover:text-ink pointer-coarse:h-9 pointer-coarse:w-9"
        >
          <X aria-hidden="true" size={14} />
        </button>
      )}
    </span>
  );
}
