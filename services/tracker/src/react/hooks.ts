"use client";
/** The hooks. */

import { useEffect, useLayoutEffect, useMemo, useSyncExternalStore, type RefObject } from "react";
import { HIDDEN_MS, LOADING, NO_TESTS, type TestState } from "./client";
import { useProvided } from "./context";
import { hiddenFor } from "./hiding";
import type { ABTest, ActiveTest, ActiveTestsState } from "./types";

/** The first state of a server's page where nobody knows better; it is hidden by style alone. */
export const LOADING_ON_SERVER: TestState = { ...LOADING };

/** A server runs no effects, and React 18 warns of these. */
const useEffectBeforePaint = typeof document === "undefined" ? useEffect : useLayoutEffect;

/** What a visitor gets of a test. Exposes whoever mounts it, once the variant is known. */
export function useABTest<Variant extends string = string>(testId: string): ABTest<Variant> {
  const { client } = useProvided();
  const { assignment, loading } = useTestState(testId);
  return useMemo(
    () => ({
      variant: assignment.variant as Variant | "control",
      isControl: assignment.isControl,
      loading,
      trackConversion: (conversion) => client.teller.convert(testId, conversion),
      trackMetric: (name, value, details) => client.teller.measure(testId, name, value, details),
    }),
    [client, testId, assignment, loading],
  );
}

/** The running tests of a store on pages of a type. Exposes nobody. */
export function useABTesting(storeId: string, pageType: string): ActiveTestsState {
  const { client, tests } = useProvided();
  const given = useMemo(() => tests && { activeTests: onPages(tests, pageType), loading: false }, [tests, pageType]);
  useEffect(() => {
    if (!given) client.loadList(storeId, pageType);
  }, [client, storeId, pageType, given]);
  const read = () => given ?? client.listOf(storeId, pageType);
  return useSyncExternalStore(client.subscribe, read, () => given ?? NO_TESTS);
}

function onPages(tests: readonly ActiveTest[], pageType: string): ActiveTest[] {
  const isHere = (types: string[] | undefined) => !types?.length || types.includes(pageType);
  return tests.filter((test) => isHere(test.targeting?.page_types));
}

/** A test's state. `wrapper`: the element that hides what is not known yet. */
export function useTestState(testId: string, wrapper?: RefObject<HTMLElement | null>): TestState {
  const { client, initial } = useProvided();
  const first = initial.get(testId);
  const state = useSyncExternalStore(
    client.subscribe,
    () => client.stateOf(testId, first),
    () => first ?? LOADING_ON_SERVER,
  );
  useEffectBeforePaint(() => {
    client.load(testId, wrapper?.current ? hiddenFor(wrapper.current) : HIDDEN_MS, first);
  }, [client, testId, first, wrapper]);
  useEffect(() => {
    if (!state.loading) client.teller.expose(testId, state.assignment);
  }, [client, testId, state]);
  return state;
}
