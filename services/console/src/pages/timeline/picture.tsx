import { ImageOff } from "lucide-react";
import { useState } from "react";
import { readable, safeAddress } from "~/format/text";
import type { PersonEvent } from "./queries";

/** An image from our archive. Other images are never loaded: a placeholder shows their address. */
export function Picture({ event, label, small = false }: { event: PersonEvent; label: string; small?: boolean }) {
  const [isBroken, setBroken] = useState(false);
  const address = safeAddress(event.archived_url);
  const size = small ? "h-[5.5rem] w-[4.25rem]" : "h-40 w-[7.5rem]";
  if (address !== null && !isBroken) {
    return (
      <img
        src={address}
        alt={label}
        loading="lazy"
        decoding="async"
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
        className={`${size} rounded-panel border border-line bg-sunken object-cover`}
      />
    );
  }
  if (small) {
    return (
      <span className="inline-flex max-w-full items-center gap-1.5 rounded-control border border-dashed border-edge px-2 py-1 text-sm text-ink3">
        <ImageOff aria-hidden="true" size={14} className="shrink-0" />
        <bdi className="min-w-0">{`${label}: ${whyNot(event, isBroken)}`}</bdi>
      </span>
    );
  }
  return (
    <span role="img" aria-label={`${label}: ${whyNot(event, isBroken)}`} className={`${size} inline-flex flex-col items-center justify-center gap-1 overflow-hidden rounded-panel border border-dashed border-edge bg-sunken p-1.5 text-center text-xs text-ink3`}>
      <ImageOff aria-hidden="true" size={16} className="shrink-0" />
      <bdi className="line-clamp-5">{whyNot(event, isBroken)}</bdi>
    </span>
  );
}

function whyNot(event: PersonEvent, isBroken: boolean): string {
  if (isBroken) return `the archive at ${hostOf(event.archived_url)} does not give it`;
  if (event.archived_url !== null) return "kept in the archive's folder, which has no address";
  if (event.is_image_inline) return "came inside the event and is not archived";
  return event.image_url === null ? "the event names no image" : `at ${hostOf(event.image_url)}, not in the archive`;
}

function hostOf(address: string | null): string {
  const safe = safeAddress(address);
  return safe === null ? readable((address ?? "").slice(0, 60)) : new URL(safe).host;
}
