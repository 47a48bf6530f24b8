import { useLayoutEffect, useRef } from "react";
import { indentedLines } from "~/format/json_text";
import { readable } from "~/format/text";

interface JsonTextProps {
  /** The untrusted text, or a value of our own. */
  text?: string;
  value?: unknown;
  /** The faulty field, whose line is marked. */
  field: string | null;
}

/** JSON with one field per line. Text that is not JSON is shown as it is. */
export function JsonText({ text, value, field }: JsonTextProps) {
  const box = useRef<HTMLPreElement>(null);
  const lines = linesOf(text, value);
  useLayoutEffect(() => {
    const wrong = box.current?.querySelector<HTMLElement>("[data-wrong]");
    if (box.current && wrong) box.current.scrollTop = wrong.offsetTop - box.current.clientHeight / 2;
  }, [text]);
  return (
    <pre ref={box} tabIndex={0} role="region" aria-label="Fields" className="relative mt-2 max-h-80 overflow-auto font-mono text-sm whitespace-pre-wrap">
      {lines.map((line, place) => (
        <Line key={place} text={line} isWrong={isOfField(line, field)} />
      ))}
    </pre>
  );
}

/** Maximum lines that are shown. */
const MOST_LINES = 400;

export function linesOf(text: string | undefined, value: unknown): string[] {
  const lines = text === undefined ? JSON.stringify(value, null, 2).split("\n") : (indentedLines(text) ?? text.split("\n"));
  return lines.slice(0, MOST_LINES);
}

const FIELD = /^(\s*)("(?:[^"\\]|\\.)*")(: )(.*)$/;

export function isOfField(line: string, field: string | null): boolean {
  const name = field
    ?.split(/[.[\]]/)
    .filter((part) => part && !/^\d+$/.test(part))
    .pop();
  return Boolean(name) && FIELD.exec(line)?.[2] === JSON.stringify(name);
}

function Line({ text, isWrong }: { text: string; isWrong: boolean }) {
  const parts = FIELD.exec(text);
  const tone = isWrong ? "-mx-4 border-l-2 border-bad-dot bg-bad-soft px-4 pl-[14px]" : "";
  if (!parts) return <bdi className={`block ${tone}`}>{readable(text) || " "}</bdi>;
  const [, indent, name, colon, rest] = parts;
  const isText = rest!.startsWith('"');
  return (
    <bdi data-wrong={isWrong || undefined} className={`block ${tone}`}>
      {indent}
      {readable(name!)}
      {colon}
      <span className={isWrong ? "font-medium text-bad" : isText ? "text-accent" : ""}>{readable(rest!)}</span>
    </bdi>
  );
}

const ROW_BYTES = 16;

/** Bytes in rows of sixteen, with the magic byte and the schema id marked. */
export function Hex({ hex }: { hex: string }) {
  const bytes = hex.match(/../g) ?? [];
  const rows = Array.from({ length: Math.ceil(bytes.length / ROW_BYTES) }, (_, row) => bytes.slice(row * ROW_BYTES, (row + 1) * ROW_BYTES));
  return (
    <pre tabIndex={0} role="region" aria-label="Bytes" className="mt-2 max-h-40 overflow-auto font-mono text-xs">
      {rows.map((row, place) => (
        <span key={place} className="block whitespace-pre">
          {place === 0 ? (
            <>
              <span className="text-accent" title="Magic byte and schema id">
                {row.slice(0, 5).join(" ")}
              </span>{" "}
              {row.slice(5).join(" ")}
            </>
          ) : (
            row.join(" ")
          )}
        </span>
      ))}
    </pre>
  );
}
