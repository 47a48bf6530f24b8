import { type ReactNode, useEffect, useId, useState } from "react";
import { readable } from "~/format/text";
import { useEditing } from "./context";
import { isObject } from "./merge";

interface TextFieldProps {
  /** The API's name of the field: "variants.1.weight". */
  field: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  unit?: string;
  placeholder?: string;
  /** The label is for screen readers only, because the column's header shows it. */
  isBare?: boolean;
  list?: readonly string[];
  className?: string;
  align?: "right";
}

/** A text field, with its fault below it. */
export function TextField({ field, label, value, onChange, hint, unit, placeholder, isBare, list, className = "", align }: TextFieldProps) {
  const id = useId();
  const fault = useEditing().faults[field];
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={isBare ? "sr-only" : "font-medium"}>
        {label}
      </label>
      <span className="flex items-center gap-2">
        <input
          id={id}
          value={value}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          list={list && `${id}-list`}
          data-field={field}
          aria-invalid={fault ? true : undefined}
          aria-describedby={fault ? `${id}-fault` : hint ? `${id}-hint` : undefined}
          onChange={(event) => onChange(event.target.value)}
          className={`h-9 w-full min-w-0 rounded-control border border-edge bg-surface px-2.5 placeholder:text-ink3 aria-invalid:border-bad pointer-coarse:h-11 ${align === "right" ? "text-right" : ""}`}
        />
        {unit && <span className="text-ink3">{unit}</span>}
      </span>
      {list && (
        <datalist id={`${id}-list`}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      <Fault field={field} id={`${id}-fault`} />
      {hint && !fault && (
        <span id={`${id}-hint`} className="text-sm text-ink3">
          {hint}
        </span>
      )}
    </div>
  );
}

/** Field and reason as in the API's refusal; nothing without a fault. */
export function Fault({ field, id }: { field: string; id?: string }) {
  const reason = useEditing().faults[field];
  if (!reason) return null;
  return (
    <span id={id} role="alert" data-fault={field} className="text-sm break-words text-bad">
      {field}: {readable(reason)}
    </span>
  );
}

interface JsonFieldProps {
  field: string;
  label: string;
  value: unknown;
  /** The required type: an object, or a list or nothing. */
  wants: "object" | "list or nothing";
  onChange: (value: unknown) => void;
  hint?: ReactNode;
  rows?: number;
}

/** A value as JSON. Invalid text stays as typed, and the value does not change. */
export function JsonField({ field, label, value, wants, onChange, hint, rows = 6 }: JsonFieldProps) {
  const id = useId();
  const { setUnread, faults } = useEditing();
  const [text, setText] = useState(() => (value == null ? "" : JSON.stringify(value, null, 2)));
  const fault = faults[field];
  // Invalid text is dropped when the field is unmounted: the value has not changed.
  useEffect(() => () => setUnread(field, null), [field, setUnread]);
  function type(next: string) {
    setText(next);
    const { read, reason } = readJson(next, wants);
    setUnread(field, reason);
    if (reason === null) onChange(read);
  }
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <textarea
        id={id}
        value={text}
        rows={rows}
        spellCheck={false}
        data-field={field}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onChange={(event) => type(event.target.value)}
        className="w-full rounded-control border border-edge bg-surface px-2.5 py-1.5 font-mono text-sm aria-invalid:border-bad"
      />
      <Fault field={field} id={`${id}-fault`} />
      {hint && <span className="text-sm text-ink3">{hint}</span>}
    </div>
  );
}

export function readJson(text: string, wants: JsonFieldProps["wants"]): { read: unknown; reason: string | null } {
  if (text.trim() === "") return { read: wants === "object" ? {} : null, reason: null };
  try {
    const read: unknown = JSON.parse(text);
    const isWanted = wants === "object" ? isObject(read) : read === null || Array.isArray(read);
    return isWanted ? { read, reason: null } : { read: null, reason: wants === "object" ? "must be an object" : "must be a list of slots" };
  } catch (error) {
    return { read: null, reason: `is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}` };
  }
}
