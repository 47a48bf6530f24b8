/** The state that all parts of the editor read and change. */

import { createContext, useContext } from "react";
import type { Draft, DraftVariant } from "./draft";
import type { Faults } from "./faults";

export interface Editing {
  draft: Draft;
  patch: (changes: Partial<Draft>) => void;
  patchVariant: (key: number, changes: Partial<DraftVariant>) => void;
  /** The faults of the form, once the author has tried to save. */
  faults: Faults;
  /** The reason why a field's text is not valid JSON; null once it is. */
  setUnread: (field: string, reason: string | null) => void;
  /** The key of the variant that is edited and previewed. */
  chosen: number;
  choose: (key: number) => void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === null) throw new Error("outside of an editor");
  return editing;
}
