import { ImageIcon } from "lucide-react";
import { type ChangeEvent, useId, useRef, useState } from "react";
import { PAGE_FAULT } from "~/api/errors";
import { formatBytes } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatMoment } from "~/format/time";
import { Button } from "~/parts/button";
import { Popover } from "~/parts/popover";
import { useScope, useStore } from "~/state/store";
import { WINDOWS } from "./paper";
import { type Device, type Picture, usePutPicture, useRemovePicture } from "./queries";
import { shrink } from "./shrink";
import { DEVICE_NAMES, addressOf, pictureDevice } from "./words";

interface PictureMenuProps {
  page: string;
  device: Device;
  picture: Picture | null;
}

/** The picture under the heat: its age, and how to replace it. */
export function PictureMenu({ page, device, picture }: PictureMenuProps) {
  const { store_id: store, domain, time_zone: zone } = useStore();
  const blocked = useScope("admin");
  const put = usePutPicture(store);
  const remove = useRemovePicture(store);
  const [fault, setFault] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const label = useId();
  const window = pictureDevice(device);
  const name = DEVICE_NAMES[window].toLowerCase();
  async function send(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    setFault(null);
    try {
      await put.mutateAsync({ page, device: window, width: WINDOWS[window].width, picture: await shrink(file) });
    } catch (error) {
      setFault(wordsOf(error));
    }
  }
  const command = `storepulse capture ${addressOf(domain, page) ?? "ADDRESS"}${window === "desktop" ? "" : ` --device ${window}`}`;
  return (
    <Popover
      label="Picture of the page"
      align="end"
      width="w-96"
      trigger={
        <Button icon={<ImageIcon aria-hidden="true" size={14} />}>
          <span className="max-md:sr-only">Picture</span>
        </Button>
      }
    >
      <p data-picture-state className="font-medium">
        {picture ? `${picture.source === "captured" ? "Captured" : "Uploaded"} ${formatMoment(picture.taken_at, zone)}, ${formatBytes(picture.bytes)}` : `There is no picture of this page for ${name}.`}
      </p>
      <p className="mt-2 text-ink2">On a machine that runs Storepulse this takes one, with the places of its elements:</p>
      <code className="mt-1 block rounded-control bg-sunken px-2 py-1.5 font-mono text-xs break-all">{readable(command)}</code>
      <p id={label} className="mt-3 text-ink2">
        Or choose a picture of the whole page from its top, as {name} shows it. It is made smaller before it is sent.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <input ref={input} type="file" accept="image/png,image/jpeg,image/webp" aria-labelledby={label} tabIndex={-1} hidden onChange={(event) => void send(event)} />
        <Button blocked={blocked} busy={put.isPending} onClick={() => input.current?.click()}>
          Choose a picture
        </Button>
        {picture && (
          <Button
            look="danger"
            blocked={blocked}
            busy={remove.isPending}
            onClick={() => {
              setFault(null);
              remove.mutate(picture.picture_id, { onError: (error) => setFault(wordsOf(error)) });
            }}
          >
            Remove this picture
          </Button>
        )}
      </div>
      {blocked && <p className="mt-2 text-sm text-ink3">{blocked}</p>}
      <p role="alert" className="mt-2 text-bad empty:hidden">
        {fault}
      </p>
    </Popover>
  );
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? readable(error.message) : PAGE_FAULT;
}
