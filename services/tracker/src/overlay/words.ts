/** Figures in words. */

export const number = (value: number) => value.toLocaleString("en-GB");

/** `5 clicks`, `1 click`. */
export const counted = (count: number, what: string) =>
  `${number(count)} ${what}${count === 1 ? "" : "s"}`;

/** `52 %`, of a share of 1; a share of nothing is none. */
export const percentage = (share: number | null) => `${Math.round((share ?? 0) * 100)} %`;

/** A moment in a time zone; the other text where there is none. */
export const moment = (at: string | null, timeZone: string, open: string) =>
  at
    ? new Date(at).toLocaleString("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" })
    : open;
