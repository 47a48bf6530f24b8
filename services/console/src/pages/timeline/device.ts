/** "Safari on iPhone": browser and device by the user agent, which can be forged. */

const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/Edg(?:e|A|iOS)?\//, "Edge"],
  [/OPR\/|Opera/, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Instagram/, "Instagram"],
  [/FBAN|FBAV/, "Facebook"],
  [/Telegram/, "Telegram"],
  [/FxiOS\/|Firefox\//, "Firefox"],
  [/CriOS\/|Chrome\//, "Chrome"],
  [/Version\/.*Safari\//, "Safari"],
];
const MACHINES: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

function first(table: readonly (readonly [RegExp, string])[], agent: string): string | null {
  return table.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
}

/** Null if nothing can be recognized. */
export function deviceOf(agent: string | null): string | null {
  if (agent === null) return null;
  const text = agent.slice(0, 1000);
  const [program, machine] = [first(PROGRAMS, text), first(MACHINES, text)];
  return program && machine ? `${program} on ${machine}` : (program ?? machine);
}

export function machineOf(agent: string | null): string | null {
  return agent === null ? null : first(MACHINES, agent.slice(0, 1000));
}
