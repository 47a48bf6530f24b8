import { Dialog as Primitive } from "radix-ui";
import type { FormEvent, ReactNode } from "react";
import { Button } from "./button";

interface FormDialogProps {
  title: string;
  /** The verb with its object, on the button. */
  act: string;
  children: ReactNode;
  /** What is wrong with the whole of it; faults of fields stand at the fields. */
  fault?: string | null;
  blocked?: string | null;
  busy?: boolean;
  onClose: () => void;
  onSubmit: () => void;
}

/** Asks for what an act needs. It makes something; what takes something away is confirmed. */
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
