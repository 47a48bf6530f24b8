import { Dialog as Primitive } from "radix-ui";
import type { FormEvent, ReactNode } from "react";
import { Button } from "./button";

interface FormDialogProps {
  title: string;
  /** The button's label: a verb with its object. */
  act: string;
  children: ReactNode;
  /** A fault of the whole form; faults of fields are shown at the fields. */
  fault?: string | null;
  blocked?: string | null;
  busy?: boolean;
  onClose: () => void;
  onSubmit: () => void;
}

/** A form for an act that creates something. Acts that remove something use `Confirm`. */
export function FormDialog({ title, act, children, fault, blocked, busy, onClose, onSubmit }: FormDialogProps) {
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!blocked && !busy) onSubmit();
  }
  return (
    <Primitive.Root open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/40%)]" />
        <Primitive.Content
          aria-describedby={undefined}
          className="fixed top-[8%] left-1/2 z-50 max-h-[84vh] w-[30rem] max-w-[calc(100vw-24px)] -translate-x-1/2 overflow-auto rounded-panel bg-raised p-5 shadow-float"
        >
          <Primitive.Title className="text-title font-semibold">{title}</Primitive.Title>
          <form onSubmit={submit} noValidate className="mt-3 flex flex-col gap-4">
            {children}
            {fault && (
              <p role="alert" className="break-words text-bad">
                {fault}
              </p>
            )}
            <div className="flex justify-end gap-2">
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" look="primary" blocked={blocked} busy={busy}>
                {act}
              </Button>
            </div>
          </form>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
