import { useState } from "react";
import { tellConsent } from "../tracking";

/** Asked once; the tracker keeps the choice in its own cookie. */
export function ConsentBanner() {
  const [open, setOpen] = useState(() => !/(?:^|; )sp_consent=[gd]/.test(document.cookie));
  if (!open) return null;
  const choose = (choice: "granted" | "denied"): void => {
    tellConsent(choice);
    setOpen(false);
  };
  return (
    <section className="consent" aria-label="Measurement">
      <p>
        May we measure how the shop is used? Until you say yes nothing is sent or stored. This is a
        demo: all of it stays on this machine.
      </p>
      <div>
        <button type="button" className="button quiet" onClick={() => choose("denied")}>
          No
        </button>
        <button type="button" className="button" onClick={() => choose("granted")}>
          Yes, measure
        </button>
      </div>
    </section>
  );
}
