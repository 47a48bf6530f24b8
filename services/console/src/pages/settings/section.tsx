import { type ReactNode, useId } from "react";
import { Foreign } from "~/format/text";

interface SectionProps {
  title: string;
  /** Its purpose, in a sentence or two. */
  text?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

/** One section of the settings with its heading. */
export function Section({ title, text, action, children }: SectionProps) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className="min-w-0">
      <div className="mb-3 flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <h2 id={heading} className="text-title font-semibold">
            <Foreign cut={false}>{title}</Foreign>
          </h2>
          {text && <p className="mt-0.5 text-sm text-ink2">{text}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
