import { useEffect, useState } from "react";

/** The current time, updated each second: for countdowns, which change only their text. */
export function useNow(milliseconds = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
  return now;
}
