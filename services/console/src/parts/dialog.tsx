import { Dialog as Primitive } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { Button, type ButtonLook } from "./button";

interface ConfirmProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Names the act and the number: "Discard 2 letters?" */
  title: string;
  /** The effect, in numbers. */
  children: ReactNode;
  /** The button's label: a verb with its object. */
  act: string;
  /** Red, unless the act removes nothing. */
  look?: ButtonLook;
  /** Why the act is not possible now. */
  blocked?: string | null;
  /** Whether a reason is required, which is passed to `onConfirm`. */
  asksWhy?: boolean;
  /** Text that must be typed first, for acts that are irreversible. */
  typed?: string;
  busy?: boolean;
  fault?: ReactNode;
  onConfirm: (why: string) => void;
}

/** Confirms an act that cannot be undone. The initial focus is on Cancel. */
export function Confirm({ open, onOpenChange, title, children, act, look = "danger-solid", blocked: refusal, asksWhy, typed, busy, fault, onConfirm }: ConfirmProps) {
  const cancel = useRef<HTMLButtonElement>(null);
  const [why, setWhy] = useState("");
  const [words, setWords] = useState("");
  const blocked = refusal ? refusal : asksWhy && !why.trim() ? "Say why first." : typed && words !== typed ? `Type “${typed}” first.` : null;
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/40%)]" />
        <Primitive.Content
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            cancel.current?.focus();
          }}
          className="fixed top-[20%] left-1/2 z-50 flex max-h-[75vh] w-[28rem] max-w-[calc(100vw-24px)] -translate-x-1/2 flex-col gap-3 overflow-auto rounded-panel bg-raised p-5 shadow-float"
        >
          <Primitive.Title className="text-title font-semibold">{title}</Primitive.Title>
          <div className="text-ink2">{children}</div>
          {asksWhy && <Field label="Why" value={why} onChange={setWhy} />}
          {typed && <Field label={`Type “${typed}”`} value={words} onChange={setWords} />}
          {fault && <div role="alert">{fault}</div>}
          <div className="mt-2 flex justify-end gap-2">
            <Button ref={cancel} onClick={() => onOpenChange(false)}>
              Cancel
            </Button>
            <Button look={look} blocked={blocked} busy={busy} onClick={() => onConfirm(why.trim())}>
              {act}
            </Button>
          </div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: string;
  fault?: string | null;
  hint?: ReactNode;
  autoComplete?: string;
}

/** A text field with its label and its fault. */
export function Field({ label, value, onChange, type = "text", fault, hint, autoComplete = "off" }: FieldProps) {
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium">{label}</span>
      <input
        type={type}
        value={value}
        autoComplete={autoComplete}
        spellCheck={false}
        aria-invalid={fault ? true : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="h-9 rounded-control border border-edge bg-surface px-2.5 aria-invalid:border-bad pointer-coarse:h-11"
      />
      {fault && (
        <span role="alert" className="text-bad">
          {fault}
        </span>
      )}
      {hint && <span className="text-sm text-ink3">{hint}</span>}
    </label>
  );
}
