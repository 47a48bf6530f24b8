/** The lifecycle of a test: the moves that each state allows, and what they do. */

import type { Status } from "./queries";
import type { Outcome } from "./words";

export type Move = "start" | "pause" | "resume" | "complete" | "archive" | "delete";

/** The moves of each state. */
export const MOVES_OF: Record<Status, readonly Move[]> = {
  draft: ["start", "delete"],
  running: ["complete", "pause"],
  paused: ["resume", "complete"],
  completed: ["archive"],
  archived: [],
};

/** The move that undoes a move; moves without one are confirmed first. */
export const UNDONE_BY: Partial<Record<Move, Move>> = { pause: "resume", resume: "pause" };

/** The suggested next move; null if the test should continue. A winner is declared once there is one. */
export function nextMoveOf(status: Status, outcome: Outcome | undefined): Move | null {
  if (status === "draft") return "start";
  if (status === "completed") return "archive";
  if (status === "archived") return null;
  if (outcome === "better") return "complete";
  return status === "paused" ? "resume" : null;
}

export function canBeEdited(status: Status): boolean {
  return status === "draft" || status === "running" || status === "paused";
}

interface Words {
  /** The label of the page's button; "…" opens a confirmation. Moves that can be undone are confirmed only
   * after a refusal. */
  button: string;
  /** The label of the button that confirms. */
  act: string;
  title: (name: string) => string;
  /** What the move does, shown before it is made. */
  does: string;
}

export const WORDS_OF: Record<Move, Words> = {
  start: {
    button: "Start…",
    act: "Start the test",
    title: (name) => `Start “${name}”?`,
    does: "Phase 1 begins: visitors are drawn from now on, and its weights, metrics and caps are frozen. A later change of them begins another phase with results of its own.",
  },
  pause: {
    button: "Pause",
    act: "Pause the test",
    title: (name) => `Pause “${name}”?`,
    does: "Nobody new takes part, and everybody gets the page as it was. Results stay; the phase goes on when the test is resumed.",
  },
  resume: {
    button: "Resume",
    act: "Resume the test",
    title: (name) => `Resume “${name}”?`,
    does: "The same phase goes on: visitors are drawn again, and who took part gets the same variant as before.",
  },
  complete: {
    button: "Declare winner…",
    act: "Complete the test",
    title: (name) => `Complete “${name}”?`,
    does: "The test ends and cannot be started again. With a winner everybody gets that variant until the test is archived; without one, the page as it was.",
  },
  archive: {
    button: "Archive…",
    act: "Archive the test",
    title: (name) => `Archive “${name}”?`,
    does: "Pages are as their own configuration says, also where a winner was declared. Results stay. This cannot be taken back.",
  },
  delete: {
    button: "Delete draft…",
    act: "Delete the draft",
    title: (name) => `Delete the draft “${name}”?`,
    does: "What it says is gone; nobody has seen it. This cannot be taken back.",
  },
};

const DONE: Record<Move, string> = {
  start: "runs",
  pause: "is paused",
  resume: "runs again",
  complete: "is completed",
  archive: "is archived",
  delete: "is deleted",
};

export function movedWords(move: Move, name: string): string {
  return `“${name}” ${DONE[move]}.`;
}
