import { ChevronDown, Download } from "lucide-react";
import { useState } from "react";
import { Button } from "~/parts/button";
import { Popover } from "~/parts/popover";

const FORMATS = [
  ["csv", "CSV", "all additions; text that looks like a formula stands behind an apostrophe"],
  ["xlsx", "Excel (XLSX)", "up to 100,000 additions"],
] as const;

/** Downloads all pages of the list. */
export function ExportMenu({ query }: { query: Record<string, string | undefined> }) {
  const [isOpen, setOpen] = useState(false);
  const asked = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return (
    <Popover
      label="Export"
      align="end"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={
        <Button icon={<Download aria-hidden="true" size={14} />}>
          <span className="max-md:sr-only">Export</span>
          <ChevronDown aria-hidden="true" size={14} className="text-ink3 max-md:hidden" />
        </Button>
      }
    >
      <p className="font-semibold">Export these additions</p>
      <p className="mt-1 text-sm text-ink3">With the period and the filters of the list, newest first. Times are UTC.</p>
      <ul className="-mx-2 mt-2">
        {FORMATS.map(([format, name, note]) => (
          <li key={format}>
            <a
              href={`/api/cart-tracking/export?${new URLSearchParams([...asked, ["format", format]]).toString()}`}
              download={`carts.${format}`}
              onClick={() => setOpen(false)}
              className="block rounded-control px-2 py-1.5 hover:bg-hover"
            >
              <span className="font-medium">{name}</span>
              <span className="block text-sm text-ink3">{note}</span>
            </a>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
