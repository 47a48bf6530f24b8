// Reads vectors as JSON, prints what the browser's module draws for each.
import { readFileSync } from "node:fs";
import { bucketOf, hashOf, isIncluded, isInGroup, unitOf, variantOf } from "./assignment.js";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
/** Where the drawn variant stands in the list. */
function drawnIndex({ test_id, phase, weights_bp, unit }) {
  const variants = weights_bp.map((weight, index) => ({ weight, index }));
  return variantOf(test_id, phase, variants, unit)?.index ?? -1;
}

const drawn = cases.map(({ input: said }) => {
  const texts = {
    include: `in:${said.test_id}:${said.unit}`,
    variant: `var:${said.test_id}:${said.phase}:${said.unit}`,
    group: `grp:${said.group_id}:${said.unit}`,
  };
  const group = { group_id: said.group_id, start: said.group_from, end: said.group_to };
  return {
    ...Object.fromEntries(Object.entries(texts).flatMap(([name, text]) => [
      [`${name}_hash`, hashOf(text)],
      [`${name}_bucket`, bucketOf(text)],
    ])),
    included: isIncluded(said.test_id, said.traffic_bp, said.unit),
    variant_index: drawnIndex(said),
    in_group: isInGroup(group, said.unit),
  };
});
const units = [unitOf("a", "b"), unitOf("", "b"), unitOf(null, "b")];
console.log(JSON.stringify({ drawn, units }));
