import { formatBytes, formatCount } from "~/format/numbers";
import { Foreign, readable } from "~/format/text";
import { formatMoment } from "~/format/time";
import { MOST_BYTES, type ByteRow, bytesOf, rowsOf, textOf, wireOf } from "./bytes";
import type { Detail } from "./queries";

export function sizeOf(detail: Detail): number {
  return detail.raw?.value ? bytesOf(detail.raw.value).length : 0;
}

export function NoEvent({ detail }: { detail: Detail }) {
  return (
    <p className="text-ink2">
      These bytes are no event: <bdi>{readable(detail.undecodable ?? "")}</bdi>. They stand under Raw bytes as they came; a patch has nothing to change.
    </p>
  );
}

/** The record's bytes in hexadecimal, and as text. */
export function RawBytes({ detail }: { detail: Detail }) {
  return (
    <div className="flex flex-col gap-5">
      <Bytes name="Value" base64={detail.raw?.value ?? null} isWire />
      <Bytes name="Key" base64={detail.raw?.key ?? null} />
    </div>
  );
}

function Bytes({ name, base64, isWire }: { name: string; base64: string | null; isWire?: boolean }) {
  if (base64 === null) {
    return (
      <section aria-label={name}>
        <h3 className="font-medium">{name}</h3>
        <p className="text-ink2">There is none: null.</p>
      </section>
    );
  }
  const bytes = bytesOf(base64);
  return (
    <section aria-label={name}>
      <h3 className="mb-1">
        <span className="font-medium">{name}</span>{" "}
        <span className="text-sm text-ink3">
          unchanged · {formatBytes(bytes.length)}
          {isWire && ` · ${wireOf(bytes)}`}
          {bytes.length > MOST_BYTES && ` · the first ${formatCount(MOST_BYTES)} are shown`}
        </span>
      </h3>
      <div className="grid gap-3 lg:grid-cols-[auto_minmax(0,1fr)]">
        <HexTable name={name} rows={rowsOf(bytes)} isWire={isWire && bytes[0] === 0} />
        <pre tabIndex={0} role="region" aria-label={`${name} as text`} className="max-h-96 overflow-auto rounded-panel border border-line p-3 font-mono text-sm break-all whitespace-pre-wrap">
          <bdi>{readable(textOf(bytes)) || " "}</bdi>
        </pre>
      </div>
    </section>
  );
}

export function HexTable({ name, rows, isWire }: { name: string; rows: readonly ByteRow[]; isWire?: boolean }) {
  return (
    <pre tabIndex={0} role="region" aria-label={`${name} in hex`} className="max-h-96 overflow-auto rounded-panel border border-line p-3 font-mono text-sm">
      {rows.map((row, place) => (
        <span key={row.offset} className="block whitespace-pre">
          <span className="text-ink3">{row.offset}</span>
          {"  "}
          {isWire && place === 0 ? (
            <>
              <span className="bg-accent-soft text-accent" title="Magic byte">
                {row.hex[0]}
              </span>{" "}
              <span className="bg-ok-soft text-ok" title="Schema id">
                {row.hex.slice(1, 5).join(" ")}
              </span>{" "}
              {row.hex.slice(5).join(" ").padEnd(20)}
            </>
          ) : (
            row.hex.join(" ").padEnd(35)
          )}
          {"  "}
          <span className="text-ink3">{row.text}</span>
        </span>
      ))}
      {rows.length === 0 && <span className="text-ink3">No bytes.</span>}
    </pre>
  );
}

export function Headers({ detail }: { detail: Detail }) {
  if (detail.headers.length === 0) return <p className="text-ink2">The record has no headers.</p>;
  return (
    <dl className="grid grid-cols-[minmax(8rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {detail.headers.map((one, place) => (
        <div key={`${one.name} ${place}`} className="contents">
          <dt className="font-mono text-sm text-ink2">
            <Foreign>{one.name}</Foreign>
          </dt>
          <dd className="min-w-0">
            {one.text !== null ? (
              <Foreign cut={false} none="empty">
                {one.text}
              </Foreign>
            ) : (
              <span className="text-ink3">{one.base64 === null ? "null" : `not text: ${one.base64}`}</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The letter's trail, oldest first. */
export function Trail({ detail, zone }: { detail: Detail; zone: string }) {
  return (
    <ol aria-label="Trail" className="flex flex-col gap-3">
      <li className="grid grid-cols-[9.5rem_minmax(0,1fr)] gap-x-3 max-md:grid-cols-1">
        <time dateTime={detail.created_at} className="text-ink2">
          {formatMoment(detail.created_at, zone)}
        </time>
        <span>
          <span className="font-medium">set aside</span> <span className="text-ink3">· {readable(detail.stage)}</span>
        </span>
      </li>
      {detail.trail.map((one, place) => (
        <li key={`${one.at} ${place}`} className="grid grid-cols-[9.5rem_minmax(0,1fr)] gap-x-3 max-md:grid-cols-1">
          <time dateTime={one.at} title={one.at} className="text-ink2">
            {formatMoment(one.at, zone)}
          </time>
          <div className="min-w-0">
            <p>
              <span className="font-medium">{one.action}</span> <span className="text-ink3">by {readable(one.actor)}</span>
            </p>
            {one.why && <Foreign cut={false}>{one.why}</Foreign>}
            <Details details={one.details} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Details({ details }: { details: Record<string, unknown> }) {
  const told = Object.entries(details).filter(([, value]) => value !== null && value !== "");
  if (told.length === 0) return null;
  return (
    <p className="font-mono text-xs break-all text-ink3">
      <bdi>{readable(told.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" · "))}</bdi>
    </p>
  );
}
