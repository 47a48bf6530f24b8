/** Ids whose order is that of their making. */

let last = 0;

/** What a UUIDv7 of a moment begins with: its milliseconds, in 12 hexadecimal digits. */
export function idStart(time: number): string {
  return `0${time.toString(16)}`.replace(/.{8}/, "$&-");
}

/** A UUIDv7. No two of a page are of one millisecond, so that they sort as they were made. */
export function newId(): string {
  last = Math.max(Date.now(), last + 1);
  return `${idStart(last)}-7${crypto.randomUUID().slice(15)}`;
}
