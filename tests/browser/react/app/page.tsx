/** The page of the tests: what it shows is said by `Said`, in the browser and on the server. */

import { StrictMode, useState, type JSX, type ReactNode } from "react";
import {
  ABTestSwitch,
  ABTestVariant,
  StorepulseProvider,
  useABTest,
  useABTesting,
  type ProviderProps,
} from "@storepulse/tracker/react";

export interface Said {
  testId: string;
  parts: (keyof typeof PARTS)[];
  provider?: ProviderProps | null;
  strict?: boolean;
}

const shown = (name: string) => <p data-shown={name}>{name}</p>;

function Switch({ testId }: { testId: string }): JSX.Element {
  return (
    <ABTestSwitch testId={testId}>
      {{ control: shown("control"), variant: shown("other"), blue: shown("blue") }}
    </ABTestSwitch>
  );
}

function Variants({ testId }: { testId: string }): JSX.Element {
  return (
    <>
      <ABTestVariant testId={testId} variantId="control">
        {shown("control")}
      </ABTestVariant>
      <ABTestVariant testId={testId} variantId="blue">
        {shown("blue")}
      </ABTestVariant>
    </>
  );
}

function Hook({ testId }: { testId: string }): JSX.Element {
  const { variant, loading, trackConversion, trackMetric } = useABTest<"blue">(testId);
  Object.assign(globalThis, { trackConversion, trackMetric });
  return loading ? <i>…</i> : shown(variant);
}

function Remounted({ testId }: { testId: string }): JSX.Element {
  const [isThere, setThere] = useState(true);
  return (
    <>
      <button onClick={() => setThere(!isThere)}>toggle</button>
      {isThere && <Switch testId={testId} />}
    </>
  );
}

function List({ testId }: { testId: string }): JSX.Element {
  const { activeTests, loading } = useABTesting("455ab1b8-00f7-5739-9f25-da83c77c9263", "product");
  const isListed = activeTests.some((test) => test.test_id === testId);
  return <output>{loading ? "loading" : `${activeTests.length} ${isListed}`}</output>;
}

const PARTS = { switch: Switch, variants: Variants, hook: Hook, remounted: Remounted, list: List };

export function Page({ said }: { said: Said }): JSX.Element {
  const content: ReactNode = said.parts.map((part, index) => {
    const Part = PARTS[part];
    return <Part key={index} testId={said.testId} />;
  });
  const { provider } = said;
  const page = provider ? <StorepulseProvider {...provider}>{content}</StorepulseProvider> : content;
  return said.strict ? <StrictMode>{page}</StrictMode> : <>{page}</>;
}
