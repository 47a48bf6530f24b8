/** What every part of the editor reads and changes. */

import { createContext, useContext } from "react";
import type { Draft, DraftVariant } from "./draft";
import type { Faults } from "./faults";

export interface Editing {
  draft: Draft;
  patch: (changes: Partial<Draft>) => void;
  patchVariant: (key: number, changes: Partial<DraftVariant>) => void;
  /** What is wrong, once somebody has tried to save. */
  faults: Faults;
  /** Text of a field that is no JSON yet; null once it is. */
  setUnread: (field: string, reason: string | null) => void;
  /** The variant that is written and shown: its key. */
  chosen: number;
  choose: (key: number) => void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === null) throw new Error("outside of an editor");
  return editing;
}
