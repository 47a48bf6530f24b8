import { Download } from "lucide-react";
import { useState } from "react";
import { ApiError } from "~/api/errors";
import { Button } from "~/parts/button";
import { showToast } from "~/parts/toast";

interface ExportButtonProps {
  name: string;
  read: () => Promise<Blob>;
  blocked?: string | null;
}

/** Reads a file and passes it to the browser's downloads. */
export function ExportButton({ name, read, blocked }: ExportButtonProps) {
  const [isBusy, setBusy] = useState(false);
  async function save() {
    setBusy(true);
    try {
      const address = URL.createObjectURL(await read());
      const link = Object.assign(document.createElement("a"), { href: address, download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      showToast(`${name} is in your downloads.`);
    } catch (error) {
      showToast(error instanceof ApiError ? `Nothing was exported: ${error.message}` : "Nothing was exported: the page met a fault.");
    } finally {
      setBusy(false);
    }
  }
  return (
    <Button icon={<Download aria-hidden="true" size={14} />} busy={isBusy} blocked={blocked} onClick={() => void save()}>
      <span className="max-md:sr-only">Export</span>
    </Button>
  );
}
