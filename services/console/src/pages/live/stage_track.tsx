import type { LiveEvent, Stage } from "./model";

export const STAGES: Record<Stage, string> = {
  accepted: "On its way",
  applied: "Applied",
  duplicate: "Duplicate",
  rejected: "Rejected",
  dead: "Dead letter",
  unknown: "Not followed",
};

const WORDS: Record<Stage, string> = {
  accepted: "Validated, on its way to be applied",
  applied: "Received, validated, applied",
  duplicate: "Received, validated, a duplicate: no effect",
  rejected: "Received, rejected by the gateway",
  dead: "Received, validated, set aside as a dead letter",
  unknown: "Received, validated; what came of it was not followed, since too much came at once",
};

const GOOD = "color-mix(in oklab, var(--ok-dot) 55%, var(--surface))";
const CENTER = 7;
const [FIRST, SECOND, THIRD] = [4, 31, 58];

/** Raw, validated, applied: three nodes. */
export function StageTrack({ stage }: { stage: LiveEvent["stage"] }) {
  const isRejected = stage === "rejected";
  return (
    <svg role="img" aria-label={WORDS[stage]} width="64" height="14" className="block shrink-0">
      <title>{WORDS[stage]}</title>
      <line x1={FIRST} x2={SECOND} y1={CENTER} y2={CENTER} stroke={isRejected ? "var(--bad-dot)" : GOOD} strokeWidth="2" />
      <circle cx={FIRST} cy={CENTER} r="4" fill={GOOD} />
      {isRejected ? <Cross at={SECOND} /> : <circle cx={SECOND} cy={CENTER} r="4" fill={GOOD} />}
      {!isRejected && <LastNode stage={stage} />}
    </svg>
  );
}

function LastNode({ stage }: { stage: Stage }) {
  const color = { applied: GOOD, dead: "var(--bad-dot)", duplicate: "var(--edge)", accepted: "var(--line2)", unknown: "var(--line2)" }[stage as Exclude<Stage, "rejected">];
  return (
    <>
      <line x1={SECOND + 4} x2={THIRD - 4} y1={CENTER} y2={CENTER} stroke={color} strokeWidth="2" strokeDasharray={stage === "unknown" ? "2 2" : undefined} />
      {stage === "applied" && <circle cx={THIRD} cy={CENTER} r="4" fill={GOOD} />}
      {stage === "duplicate" && <circle cx={THIRD} cy={CENTER} r="4" fill="var(--edge)" />}
      {stage === "accepted" && <circle cx={THIRD} cy={CENTER} r="3" fill="none" stroke="var(--accent)" strokeWidth="2" />}
      {stage === "unknown" && <circle cx={THIRD} cy={CENTER} r="3" fill="none" stroke="var(--edge)" strokeWidth="1.5" strokeDasharray="2 2" />}
      {stage === "dead" && <Cross at={THIRD} />}
    </>
  );
}

function Cross({ at }: { at: number }) {
  return (
    <>
      <circle cx={at} cy={CENTER} r="5.5" fill="var(--bad-dot)" />
      <path d={`M${at - 2} ${CENTER - 2}l4 4m0-4l-4 4`} stroke="var(--surface)" strokeWidth="1.5" />
    </>
  );
}
