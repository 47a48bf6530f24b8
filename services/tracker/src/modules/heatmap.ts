import type { Start } from "../module";

export const start: Start = () => {};
