// Watches a page from its first byte on; bench/console.py reads what it saw.
(() => {
  const seen = { lcp: 0, shift: 0, input: 0, hasInput: false };
  const watch = (type, take, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  watch("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  watch("layout-shift", (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  const input = (entry) => {
    seen.hasInput = true;
    seen.input = Math.max(seen.input, entry.duration);
  };
  // Events of less than 16 ms are told of the first input alone.
  watch("first-input", input);
  watch("event", (entry) => entry.interactionId && input(entry), { durationThreshold: 16 });

  const isQuiet = (since) => {
    const busy = document.querySelector('main [role="status"][aria-label="Loading"], main [aria-busy="true"]');
    if (busy || !document.querySelector("main h1")) return false;
    return performance.now() - Math.max(since, ...reads(since).map((one) => one.responseEnd)) > 400;
  };
  const reads = (since) => performance.getEntriesByType("resource").filter((one) => one.startTime >= since);
  const bytes = (entries) => entries.reduce((sum, one) => sum + one.transferSize, 0);

  // The content policy lets nobody evaluate a condition again and again from outside.
  const until = (isSo) =>
    new Promise((resolve, reject) => {
      const deadline = performance.now() + 60_000;
      const timer = setInterval(() => {
        const late = performance.now() > deadline;
        if (!late && !isSo()) return;
        clearInterval(timer);
        if (late) reject(new Error(`not there: ${isSo}`));
        else resolve(null);
      }, 50);
    });

  window.__bench = {
    quiet: (since) => until(() => isQuiet(since)),
    pressed: () => until(() => seen.hasInput),
    figures() {
      const all = [...performance.getEntriesByType("navigation"), ...reads(0)];
      const data = all.filter((one) => /\/(api|customers)\//.test(one.name));
      return { lcp_ms: seen.lcp, shift: seen.shift, kb_all: bytes(all) / 1000, kb_data: bytes(data) / 1000, requests: all.length };
    },
    answered: (since) => ({
      interaction_ms: seen.input,
      ...(reads(since).length ? { answer_ms: Math.max(...reads(since).map((one) => one.responseEnd)) - since } : {}),
    }),
  };
})();
