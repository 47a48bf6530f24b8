import type { ReactNode } from "react";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "accent";

const BADGES: Record<Tone, string> = {
  neutral: "bg-hover text-ink2",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  accent: "bg-accent-soft text-accent",
};

const DOTS: Record<Tone, string> = {
  neutral: "bg-edge",
  ok: "bg-ok-dot",
  warn: "bg-warn-dot",
  bad: "bg-bad-dot",
  accent: "bg-accent",
};

/** A state as one word. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`inline-block rounded-badge px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${BADGES[tone]}`}>{children}</span>;
}

/** A coloured dot, always beside a word. */
export function Dot({ tone }: { tone: Tone }) {
  return <span aria-hidden="true" className={`inline-block size-2 shrink-0 rounded-full ${DOTS[tone]}`} />;
}
