/** The tracker's core: reads its script tag and starts. */
export {};
