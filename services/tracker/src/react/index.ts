"use client";
/** `@storepulse/tracker/react`: tests of variants in React 18 and 19. */

export { ABTestSwitch, ABTestVariant } from "./components";
export type { ABTestSwitchProps, ABTestVariantProps, Choices } from "./components";
export { StorepulseProvider } from "./context";
export type { ProviderProps } from "./context";
export { useABTest, useABTesting } from "./hooks";
export type * from "./types";
