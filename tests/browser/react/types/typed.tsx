/** What the compiler takes, and what it must refuse. */

import { ABTestSwitch, ABTestVariant, StorepulseProvider, useABTest, useABTesting } from "@storepulse/tracker/react";
import type { ABTest, InitialState, Options } from "@storepulse/tracker/react";
import { getAssignments } from "@storepulse/tracker/react/server";
import type { JSX } from "react";

const TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506";
type Colours = "blue" | "green";

export function Hooks(): JSX.Element {
  const test: ABTest<Colours> = useABTest<Colours>(TEST);
  const shown: Colours | "control" = test.variant;
  // @ts-expect-error the test has no such variant
  if (test.variant === "red") return <b />;
  // @ts-expect-error a value is no object of another form
  test.trackConversion({ price: 1 });
  // @ts-expect-error a metric has a value
  test.trackMetric("margin");
  // @ts-expect-error what a test says does not change
  test.loading = true;
  // @ts-expect-error a test has an id
  useABTest();
  // @ts-expect-error ids are texts
  useABTest(7);
  test.trackConversion();
  test.trackConversion("49.90");
  test.trackConversion({ value: 1, currency: "EUR", orderId: "1", metadata: { a: 1 } });
  test.trackMetric("margin", 1, { currency: "EUR" });
  const { activeTests, loading } = useABTesting("store", "product");
  // @ts-expect-error a list needs the type of its pages
  useABTesting("store");
  return <p>{`${shown}${loading}${activeTests[0]?.test_id}${activeTests[0]?.variants[0]?.weight}`}</p>;
}

export function Components(): JSX.Element {
  return (
    <>
      <ABTestSwitch testId={TEST}>{{ control: <b />, variant: <i /> }}</ABTestSwitch>
      <ABTestSwitch<Colours> testId={TEST}>{{ control: "a", blue: "b", green: "c" }}</ABTestSwitch>
      {/* @ts-expect-error the test has no such variant */}
      <ABTestSwitch<Colours> testId={TEST}>{{ control: "a", red: "b" }}</ABTestSwitch>
      {/* @ts-expect-error control is what is shown when nothing is known */}
      <ABTestSwitch testId={TEST}>{{ variant: "b" }}</ABTestSwitch>
      {/* @ts-expect-error not elements, but what to show by variant */}
      <ABTestSwitch testId={TEST}><b /></ABTestSwitch>
      <ABTestVariant<Colours> testId={TEST} variantId="blue">
        <b />
      </ABTestVariant>
      {/* @ts-expect-error the test has no such variant */}
      <ABTestVariant<Colours> testId={TEST} variantId="red" />
      {/* @ts-expect-error of which variant? */}
      <ABTestVariant testId={TEST} />
    </>
  );
}

export async function render(): Promise<JSX.Element> {
  const initial: InitialState = await getAssignments({ host: "https://e", tests: [TEST] });
  const options: Options = { host: "https://e", initial, consent: "pending" };
  // @ts-expect-error a server says where the gateway is
  await getAssignments({ tests: [TEST] });
  return (
    <StorepulseProvider {...options}>
      <Hooks />
      {/* @ts-expect-error no answer of that name */}
      <StorepulseProvider consent="maybe" />
    </StorepulseProvider>
  );
}
