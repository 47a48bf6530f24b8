/** Draws vectors as a page does that knows its tests. */

import { readFileSync } from "node:fs";
import { drawAtOnce } from "../gateway";

interface Vector {
  input: Record<string, string> & { phase: number; weights_bp: number[]; traffic_bp: number };
}

const vectors = JSON.parse(readFileSync(0, "utf8")) as Vector[];
const anyone = { page_types: [], slugs: [], devices: [], countries: [], utm: {} };
const drawn = vectors.map(({ input: said }) => {
  const variants = said.weights_bp.map((weight, index) => ({
    variant_id: `v${index}`,
    is_control: index === 0,
    payload: {},
    weight,
  }));
  const test = {
    test_id: said["test_id"]!,
    phase: said.phase,
    traffic: said.traffic_bp,
    group: null,
    targeting: { ...anyone, visitors: "all" as const },
    variants,
  };
  return drawAtOnce(test, said["unit"]!, {});
});
console.log(JSON.stringify(drawn));
