import { useEffect, useState } from "react";

/** The time, told anew each second: for countdowns, which change their text only. */
export function useNow(milliseconds = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
  return now;
}
