/** A record's bytes, as rows of hexadecimal and text. */

export const ROW_BYTES = 12;
/** Maximum bytes shown; of the rest, only the length is stated. */
export const MOST_BYTES = 4096;

export interface ByteRow {
  /** "000c": the offset of the row's first byte. */
  offset: string;
  /** Two digits for each byte. */
  hex: string[];
  /** Printable ASCII as it is, other bytes as a dot. */
  text: string;
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

export function rowsOf(bytes: Uint8Array): ByteRow[] {
  const shown = bytes.subarray(0, MOST_BYTES);
  const rows: ByteRow[] = [];
  for (let at = 0; at < shown.length; at += ROW_BYTES) {
    const row = [...shown.subarray(at, at + ROW_BYTES)];
    rows.push({
      offset: at.toString(16).padStart(4, "0"),
      hex: row.map((byte) => byte.toString(16).padStart(2, "0")),
      text: row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
    });
  }
  return rows;
}

/** The bytes as UTF-8; invalid sequences become U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MOST_BYTES));
}

/** Whether the bytes begin like Confluent's wire format, and with which schema id, in words. */
export function wireOf(bytes: Uint8Array): string {
  if (bytes.length < 5 || bytes[0] !== 0) return "not in Confluent’s wire format";
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return `magic byte, schema id ${id}, Avro`;
}
