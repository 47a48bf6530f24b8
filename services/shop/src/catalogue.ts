/** What the shop sells. Prices are in euros, as decimal text: no float ever holds money. */

import { picture, type Scene } from "./art/picture";

export const RATIOS = ["1:1", "4:5", "3:4", "2:3"] as const;
export type Ratio = (typeof RATIOS)[number];

export interface Product {
  id: string;
  name: string;
  line: string;
  price: string;
  ratio: Ratio;
  story: string;
  sizes: readonly string[];
  look: Pick<Scene, "garment" | "cloth" | "ground">;
}

/** The width of a card's picture that heights are reckoned from, in CSS pixels. */
export const BASE_WIDTH = 300;
export const CURRENCY = "EUR";

/** The size of a product's picture: 300 wide, as high as its ratio says. */
export function sizeOf(ratio: Ratio): { width: number; height: number } {
  const [across = 1, down = 1] = ratio.split(":").map(Number);
  return { width: BASE_WIDTH, height: Math.round((BASE_WIDTH * down) / across) };
}

/** The product's picture as an address that an `<img>` can show. */
export function pictureOf(product: Product, ratio = product.ratio): string {
  const { width, height } = sizeOf(ratio);
  const markup = picture({ ...product.look, width: width * 2, height: height * 2 });
  return `data:image/svg+xml,${encodeURIComponent(markup)}`;
}

const CLOTHES = ["XS", "S", "M", "L", "XL"];
const ONE = ["One size"];

export const PRODUCTS: readonly Product[] = [
  {
    id: "coat-camel",
    name: "Harbour coat",
    line: "Wool and cashmere",
    price: "289.00",
    ratio: "2:3",
    story: "A straight coat in brushed wool, half lined. It closes with three buttons of real horn.",
    sizes: CLOTHES,
    look: { garment: "coat", cloth: { colour: "#b08d62" }, ground: ["#e4e8ea", "#bcc5cb"] },
  },
  {
    id: "knit-rust",
    name: "Fisher jumper",
    line: "Cable knit, lambswool",
    price: "129.00",
    ratio: "3:4",
    story: "Knitted in one piece, so that nothing scratches at the shoulders. It warms when wet.",
    sizes: CLOTHES,
    look: {
      garment: "knit",
      cloth: { colour: "#b4552d", pattern: "cable" },
      ground: ["#eee4d9", "#d8c4ae"],
    },
  },
  {
    id: "tee-breton",
    name: "Breton tee",
    line: "Heavy organic cotton",
    price: "45.00",
    ratio: "4:5",
    story: "The stripes meet at the seams. Cotton of 220 grams keeps its shape for years.",
    sizes: CLOTHES,
    look: {
      garment: "tee",
      cloth: { colour: "#2f4858", pattern: "stripes" },
      ground: ["#ece3d7", "#d3c1aa"],
    },
  },
  {
    id: "dress-garnet",
    name: "Sunday dress",
    line: "Printed viscose",
    price: "119.00",
    ratio: "2:3",
    story: "A full skirt that moves, a waist that sits, and pockets that hold a phone.",
    sizes: CLOTHES,
    look: {
      garment: "dress",
      cloth: { colour: "#9c2f3f", pattern: "dots", second: "#f3e3da" },
      ground: ["#f3e6df", "#dcbfb2"],
    },
  },
  {
    id: "skirt-ochre",
    name: "Wrap skirt",
    line: "Washed linen",
    price: "89.00",
    ratio: "1:1",
    story: "Linen that was washed twice, so it is soft from the first day.",
    sizes: CLOTHES,
    look: { garment: "skirt", cloth: { colour: "#d9a441" }, ground: ["#e4eae9", "#b7c5c3"] },
  },
  {
    id: "trousers-denim",
    name: "Pleated trousers",
    line: "Japanese denim",
    price: "139.00",
    ratio: "3:4",
    story: "A high waist and a straight leg, in denim of 11 ounces that gives a little.",
    sizes: CLOTHES,
    look: { garment: "trousers", cloth: { colour: "#4a5a72" }, ground: ["#eae7e1", "#c8c1b5"] },
  },
  {
    id: "tee-oat",
    name: "Plain tee",
    line: "Organic cotton",
    price: "39.00",
    ratio: "1:1",
    story: "The one that you reach for. Undyed, so its colour is that of the cotton.",
    sizes: CLOTHES,
    look: { garment: "tee", cloth: { colour: "#e6dfd0" }, ground: ["#d2dbd7", "#a9b9b3"] },
  },
  {
    id: "knit-moss",
    name: "Moss jumper",
    line: "Merino, fine gauge",
    price: "109.00",
    ratio: "4:5",
    story: "Fine enough for under a jacket, warm enough to go without one.",
    sizes: CLOTHES,
    look: { garment: "knit", cloth: { colour: "#6d7f5e" }, ground: ["#efeae0", "#cfc6b2"] },
  },
  {
    id: "beanie-coral",
    name: "Harbour beanie",
    line: "Ribbed wool",
    price: "32.00",
    ratio: "1:1",
    story: "Made of what is left of the jumpers. No two lots have quite the same colour.",
    sizes: ONE,
    look: { garment: "beanie", cloth: { colour: "#c65b4a" }, ground: ["#e6eaed", "#c2ccd4"] },
  },
  {
    id: "coat-check",
    name: "Car coat",
    line: "Checked wool",
    price: "259.00",
    ratio: "3:4",
    story: "Cut short for sitting. The check runs on over pockets and seams.",
    sizes: CLOTHES,
    look: {
      garment: "coat",
      cloth: { colour: "#303642", pattern: "checks" },
      ground: ["#ebe6e1", "#cbbfb3"],
    },
  },
  {
    id: "dress-pine",
    name: "Pine dress",
    line: "Crêpe with a drape",
    price: "149.00",
    ratio: "4:5",
    story: "One colour, one line, no closures. It goes to work and to the wedding.",
    sizes: CLOTHES,
    look: { garment: "dress", cloth: { colour: "#3f5d52" }, ground: ["#f0ebe2", "#d5cab8"] },
  },
  {
    id: "tote-canvas",
    name: "Market tote",
    line: "Canvas, 20 ounces",
    price: "48.00",
    ratio: "4:5",
    story: "It carries twelve kilograms. The handles reach over a winter coat.",
    sizes: ONE,
    look: { garment: "tote", cloth: { colour: "#d8c7a3" }, ground: ["#d2cac2", "#a4968a"] },
  },
];

export function productOf(id: string): Product | undefined {
  return PRODUCTS.find((product) => product.id === id);
}

/** The products whose name, line or garment holds each word of a search. */
export function searched(query: string): readonly Product[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return PRODUCTS.filter((product) => {
    const text = `${product.name} ${product.line} ${product.look.garment}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
