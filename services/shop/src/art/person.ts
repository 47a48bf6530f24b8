/** Draws somebody who wears a garment: what the shop's try-on shows, as SVG text. */

import { type Cloth, definitions, garmentMarkup, mixed } from "./picture";
import { type Garment, SHAPES, type Shape } from "./shapes";

export interface Model {
  name: string;
  skin: string;
  hair: string;
  /** The hair's outline around a head whose middle lies at (200, -42). */
  locks: string;
}

export const MODELS: readonly Model[] = [
  {
    name: "Ada",
    skin: "#c98f68",
    hair: "#2b1d18",
    locks:
      "M142 -44 C134 -120 266 -120 258 -44 C258 -24 254 -8 248 4 C250 -40 236 -66 200 -70 C164 -66 " +
      "150 -40 152 4 C146 -8 142 -24 142 -44 Z M176 -104 C170 -140 230 -140 224 -104 Z",
  },
  {
    name: "Bo",
    skin: "#efc7a8",
    hair: "#a4552a",
    locks:
      "M146 -46 C138 -112 262 -116 254 -46 C250 -58 246 -68 238 -76 C216 -66 180 -68 162 -78 C152 " +
      "-68 150 -58 146 -46 Z",
  },
  {
    name: "Cleo",
    skin: "#6f4630",
    hair: "#181213",
    locks:
      "M138 -20 C104 -40 118 -84 140 -92 C150 -132 250 -132 260 -92 C282 -84 296 -40 262 -20 C258 " +
      "-50 240 -70 200 -72 C160 -70 142 -50 138 -20 Z",
  },
];

const BOTTOMS: readonly Garment[] = ["trousers", "skirt"];
const PLAIN: Cloth = { colour: "#efe9df" };
const DARK: Cloth = { colour: "#3a3f4b" };
/** From the frame of what covers the chest to that of what hangs from the waist. */
const WAIST = 356;

/** Arms as far as the garment leaves them bare, by garment; the right one is the left one's mirror. */
const ARMS: Partial<Record<Garment, string>> = {
  tee: "M34 196 L78 214 C74 270 68 320 62 366 C66 386 60 404 48 406 C36 404 32 386 36 362 C28 310 28 250 34 196 Z",
  knit: "M38 344 L72 350 C72 372 70 392 56 396 C42 394 36 372 38 344 Z",
  coat: "M34 352 L68 358 C70 382 68 402 54 408 C40 404 32 380 34 352 Z",
  dress:
    "M150 54 C120 58 106 74 100 104 C88 170 80 230 68 300 C62 330 58 352 62 370 C70 388 86 382 90 362 " +
    "C94 330 104 270 118 216 C126 180 136 130 150 100 Z",
};

/** The picture of a model who wears a garment, 2:3. */
export function wornPicture(
  model: Model,
  garment: Garment,
  cloth: Cloth,
  ground: readonly [string, string],
): string {
  const isBottom = BOTTOMS.includes(garment);
  const top: Garment = isBottom ? "tee" : garment;
  const topCloth = isBottom ? PLAIN : cloth;
  const legs = garment === "dress" || garment === "skirt";
  const shape = (name: Garment): Shape => SHAPES[name];
  const shade = mixed(model.skin, "#1b1420", 0.22);
  const arm = ARMS[top] ?? "";
  const limb = (path: string, mirrored: boolean): string =>
    `<path d="${path}" fill="url(#skin)"${mirrored ? ' transform="matrix(-1 0 0 1 400 0)"' : ""}/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-140 -190 680 1020" width="680" height="1020">
    <defs>
      <linearGradient id="ground" x1="0" y1="0" x2=".3" y2="1">
        <stop offset="0" stop-color="${ground[0]}"/><stop offset="1" stop-color="${ground[1]}"/>
      </linearGradient>
      <radialGradient id="light" cx=".35" cy=".2" r=".9">
        <stop offset="0" stop-color="#fff" stop-opacity=".6"/><stop offset="1" stop-color="#fff" stop-opacity="0"/>
      </radialGradient>
      <linearGradient id="skin" x1="0" y1="0" x2="1" y2=".4">
        <stop offset="0" stop-color="${mixed(model.skin, "#ffffff", 0.12)}"/><stop offset="1" stop-color="${shade}"/>
      </linearGradient>
      ${definitions("top", topCloth, shape(top))}
      ${definitions("low", isBottom ? cloth : DARK, shape(isBottom ? garment : "trousers"))}
    </defs>
    <rect x="-140" y="-190" width="680" height="1020" fill="url(#ground)"/>
    <rect x="-140" y="-190" width="680" height="1020" fill="url(#light)"/>
    ${legs ? [false, true].map((mirrored) => limb(LEG, mirrored)).join("") : ""}
    ${[false, true].map((mirrored) => limb(arm, mirrored)).join("")}
    <path d="M172 -2 L228 -2 C228 30 236 44 254 52 L252 96 L148 96 L146 52 C164 44 172 30 172 -2 Z" fill="${shade}"/>
    ${garment === "dress" ? '<path d="M146 50 C170 40 230 40 254 50 L262 120 L138 120 Z" fill="url(#skin)"/>' : ""}
    <ellipse cx="200" cy="-42" rx="50" ry="60" fill="url(#skin)"/>
    <path d="${model.locks}" fill="${model.hair}"/>
    ${isBottom || garment === "dress" ? "" : lower("trousers", DARK)}
    <g${isBottom ? ' transform="matrix(.82 0 0 1 36 0)"' : ""}>${garmentMarkup("top", topCloth, shape(top))}</g>
    ${isBottom ? lower(garment, cloth) : ""}
  </svg>`;
}

const LEG =
  "M140 420 C138 520 150 600 154 680 C156 740 160 780 158 840 L194 840 C198 780 200 700 200 420 Z";

/** What hangs from the waist. */
function lower(garment: Garment, cloth: Cloth): string {
  return `<g transform="translate(0 ${WAIST})">${garmentMarkup("low", cloth, SHAPES[garment])}</g>`;
}
