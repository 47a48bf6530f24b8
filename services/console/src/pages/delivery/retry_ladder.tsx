import { Clock, X } from "lucide-react";
import { ladderSentence, retrySteps } from "./words";

/** One node for each step of the retry schedule with its wait: past, next, future. */
export function RetryLadder({ waits, attempts }: { waits: readonly number[]; attempts: number }) {
  const steps = retrySteps(waits, attempts);
  return (
    <div role="img" aria-label={ladderSentence(waits, attempts)} className="flex max-w-2xl pt-1">
      {steps.map((step, place) => (
        <span key={place} aria-hidden="true" className="relative flex min-w-0 flex-1 flex-col items-center gap-1">
          {place > 0 && <span className={`absolute top-2.5 right-1/2 left-[-50%] h-px ${step.state === "to come" ? "bg-line2" : "bg-ink2"}`} />}
          <Node state={step.state} />
          <span className={`text-xs whitespace-nowrap ${step.state === "next" ? "font-semibold text-accent" : "text-ink3"}`}>{step.wait}</span>
        </span>
      ))}
    </div>
  );
}

function Node({ state }: { state: "done" | "next" | "to come" }) {
  const box = "relative z-[1] flex size-5 items-center justify-center rounded-full";
  if (state === "done") {
    return (
      <span className={`${box} bg-bad-soft text-bad`}>
        <X size={12} />
      </span>
    );
  }
  if (state === "next") {
    return (
      <span className={`${box} border-2 border-accent bg-accent-soft text-accent`}>
        <Clock size={12} />
      </span>
    );
  }
  return <span className={`${box} border border-edge bg-surface`} />;
}
