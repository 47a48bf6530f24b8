"use client";
/** The components. Each wraps its children in an element without a box, which hides them while it
 * is not known what to show. */

import { useRef, type JSX, type ReactNode } from "react";
import { HIDDEN, HIDDEN_BY_ITSELF, KEYFRAMES, SHOWN } from "./hiding";
import { LOADING_ON_SERVER, useTestState } from "./hooks";
import type { TestState } from "./client";
import type { Assignment } from "./types";

export interface ABTestVariantProps<Variant extends string = string> {
  testId: string;
  /** A variant's id; "control" is the control, whatever its id. */
  variantId: Variant | "control";
  children?: ReactNode;
}

/** What only visitors of one variant see. */
export function ABTestVariant<Variant extends string = string>({
  testId,
  variantId,
  children,
}: ABTestVariantProps<Variant>): JSX.Element {
  return (
    <TestContent
      testId={testId}
      choose={({ variant, isControl }) =>
        variant === variantId || (variantId === "control" && isControl) ? children : null
      }
    />
  );
}

/** What to show by variant: `control`, `variant` for all others, or each by its id. */
export type Choices<Variant extends string = string> = { control: ReactNode } & {
  [Name in Variant | "variant"]?: ReactNode;
};

export interface ABTestSwitchProps<Variant extends string = string> {
  testId: string;
  children: Choices<Variant>;
}

/** One of several contents, by the visitor's variant. */
export function ABTestSwitch<Variant extends string = string>({
  testId,
  children,
}: ABTestSwitchProps<Variant>): JSX.Element {
  return <TestContent testId={testId} choose={(assignment) => chosen(children, assignment)} />;
}

function chosen(choices: Choices, { variant, isControl }: Assignment): ReactNode {
  if (Object.hasOwn(choices, variant)) return choices[variant];
  return isControl ? choices.control : (choices.variant ?? choices.control);
}

interface ContentProps {
  testId: string;
  choose: (assignment: Assignment) => ReactNode;
}

function TestContent({ testId, choose }: ContentProps): JSX.Element {
  const wrapper = useRef<HTMLSpanElement>(null);
  const state = useTestState(testId, wrapper);
  const isServers = state === LOADING_ON_SERVER;
  return (
    <span ref={wrapper} style={styleOf(state)}>
      {isServers && <style>{KEYFRAMES}</style>}
      {choose(state.assignment)}
    </span>
  );
}

function styleOf(state: TestState): typeof SHOWN {
  if (state === LOADING_ON_SERVER) return HIDDEN_BY_ITSELF;
  return state.loading ? HIDDEN : SHOWN;
}
