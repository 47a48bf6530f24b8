/** The figures above the carts, each with its definition. */

import { changeOf, formatCount, formatPercent, pointsOf, ratioOf } from "~/format/numbers";
import type { Figure } from "~/parts/figures";
import type { CartAnalytics } from "./queries";

const ROWS = "the table cart_hourly: additions by hour";

export function cartFigures(answer: CartAnalytics | undefined, query: string): Figure[] {
  const totals = answer?.data.totals;
  const earlier = answer?.comparison;
  const images = answer?.data.images;
  const carts = totals?.carts;
  const isCompared = earlier != null;
  const count = (now: number | undefined, before: number | undefined) => ({
    value: formatCount(now),
    change: changeOf(now, before),
    before: isCompared ? (before ? formatCount(before) : null) : undefined,
  });
  const shareOf = (part: number | undefined) => `${formatPercent(ratioOf(part, carts))} of ${formatCount(carts)} carts`;
  const divided = (part: number | undefined) => (carts && part !== undefined ? `${formatCount(part)} ÷ ${formatCount(carts)} = ${formatPercent(part / carts)}` : undefined);
  const base = { query, source: ROWS, chapter: "Carts" };
  return [
    {
      id: "carts",
      name: "Added to carts",
      ...count(carts, earlier?.carts),
      definition: { ...base, text: "Events of the cart stream: one for each addition to a cart. Robots, and the same event sent twice, are left out." },
      context: totals?.sessions == null ? "sessions are not known" : `by ${formatCount(totals.sessions)} sessions`,
    },
    {
      id: "generated",
      name: "From a generated image",
      ...count(totals?.generatedImages, earlier?.generatedImages),
      definition: { ...base, text: "Additions that name a generated image.", formula: divided(totals?.generatedImages) },
      context: shareOf(totals?.generatedImages),
    },
    {
      id: "conversion",
      name: "Images that led to a cart",
      value: formatPercent(images?.conversion),
      change: pointsOf(images?.conversion, earlier?.images.conversion),
      before: isCompared ? (earlier.images.conversion == null ? null : formatPercent(earlier.images.conversion)) : undefined,
      definition: {
        query,
        chapter: "Carts",
        source: "the table images: each generated image, and whether a cart names it",
        text: "Distinct images generated in the period that at least one cart names, before or after, divided by all images generated in it.",
        formula: images?.imagesGenerated ? `${formatCount(images.imagesInCarts)} ÷ ${formatCount(images.imagesGenerated)} = ${formatPercent(images.conversion)}` : undefined,
      },
      context: images?.imagesGenerated ? `${formatCount(images.imagesInCarts)} of ${formatCount(images.imagesGenerated)} images` : "no image was told of",
    },
    {
      id: "person",
      name: "With a person’s photo",
      ...count(totals?.personImages, earlier?.personImages),
      definition: { ...base, text: "Additions that name a photo of a person.", formula: divided(totals?.personImages) },
      context: shareOf(totals?.personImages),
    },
    {
      id: "clothing",
      name: "With a clothing photo",
      ...count(totals?.clothingImages, earlier?.clothingImages),
      definition: { ...base, text: "Additions that name a photo of a garment.", formula: divided(totals?.clothingImages) },
      context: shareOf(totals?.clothingImages),
    },
  ];
}
