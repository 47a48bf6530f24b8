/** Draws a garment on a studio's ground, as SVG text: the same in the page and in files. */

import { type Garment, SHAPES, type Shape } from "./shapes";

/** A cloth: its colour, as hex, and what is printed or knitted into it. */
export interface Cloth {
  colour: string;
  pattern?: "stripes" | "checks" | "dots" | "cable";
  second?: string;
}

export interface Scene {
  garment: Garment;
  cloth: Cloth;
  /** Colours of the ground, from above to below. */
  ground: readonly [string, string];
  width: number;
  height: number;
}

const FRAME = { width: 400, height: 480 };

/** A colour mixed with another: `share` of it, 0 to 1. Both as #rrggbb. */
export function mixed(colour: string, other: string, share: number): string {
  const parts = [1, 3, 5].map((at) => {
    const one = parseInt(colour.slice(at, at + 2), 16);
    const two = parseInt(other.slice(at, at + 2), 16);
    return Math.round(one + (two - one) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

/** The definitions that a garment's drawing refers to; `id` keeps those of several apart. */
export function definitions(id: string, cloth: Cloth, shape: Shape): string {
  return `
    <linearGradient id="${id}-fill" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="${mixed(cloth.colour, "#ffffff", 0.14)}"/>
      <stop offset=".55" stop-color="${cloth.colour}"/>
      <stop offset="1" stop-color="${mixed(cloth.colour, "#1b1420", 0.2)}"/>
    </linearGradient>
    <filter id="${id}-soft" x="-30%" y="-30%" width="160%" height="160%">
      <feGaussianBlur stdDeviation="9"/>
    </filter>
    <filter id="${id}-cast" x="-30%" y="-30%" width="170%" height="170%">
      <feDropShadow dx="10" dy="16" stdDeviation="13" flood-color="#2a1f1a" flood-opacity=".34"/>
      <feDropShadow dx="2" dy="3" stdDeviation="2" flood-color="#2a1f1a" flood-opacity=".22"/>
    </filter>
    <pattern id="${id}-weave" width="4" height="4" patternUnits="userSpaceOnUse">
      <path d="M0 0h2M2 2h2" stroke="#1b1420" stroke-opacity=".1"/>
      <path d="M0 1h2M2 3h2" stroke="#ffffff" stroke-opacity=".1"/>
    </pattern>
    <clipPath id="${id}-clip"><path d="${shape.outline}"/></clipPath>
    <pattern id="${id}-rib" width="7" height="7" patternUnits="userSpaceOnUse">
      <rect width="2.4" height="7" fill="#1b1420" opacity=".17"/>
    </pattern>
    ${patternOf(id, cloth)}`;
}

function patternOf(id: string, cloth: Cloth): string {
  const ink = cloth.second ?? mixed(cloth.colour, "#ffffff", 0.8);
  const open = (width: number, height: number, extra = ""): string =>
    `<pattern id="${id}-print" width="${width}" height="${height}" patternUnits="userSpaceOnUse"${extra}>`;
  switch (cloth.pattern) {
    case "stripes":
      return `${open(40, 34)}<rect width="40" height="11" y="8" fill="${ink}"/></pattern>`;
    case "checks":
      return (
        `${open(52, 52)}<rect width="17" height="52" fill="${ink}" opacity=".34"/>` +
        `<rect width="52" height="17" fill="${ink}" opacity=".34"/>` +
        `<rect x="33" width="2" height="52" fill="${ink}" opacity=".5"/>` +
        `<rect y="33" width="52" height="2" fill="${ink}" opacity=".5"/></pattern>`
      );
    case "dots":
      return (
        `${open(34, 34)}<circle cx="9" cy="9" r="4.2" fill="${ink}"/>` +
        `<circle cx="26" cy="26" r="4.2" fill="${ink}"/></pattern>`
      );
    case "cable":
      return (
        `${open(28, 20)}<path d="M8 0 C20 5 20 15 8 20 M20 0 C8 5 8 15 20 20" fill="none" ` +
        `stroke="#1b1420" stroke-opacity=".2" stroke-width="3.4"/></pattern>`
      );
    default:
      return "";
  }
}

/** The garment alone, in its frame. Needs `definitions` of the same id. */
export function garmentMarkup(id: string, cloth: Cloth, shape: Shape): string {
  const dark = mixed(cloth.colour, "#1b1420", 0.5);
  const soft = (path: string, colour: string, opacity: number): string =>
    `<path d="${path}" fill="${colour}" opacity="${opacity}" filter="url(#${id}-soft)"/>`;
  return `
    <g filter="url(#${id}-cast)">
      ${shape.behind ? `<path d="${shape.behind}" fill="${mixed(cloth.colour, "#1b1420", 0.42)}"/>` : ""}
      <path d="${shape.outline}" fill="url(#${id}-fill)"/>
    </g>
    <g clip-path="url(#${id}-clip)">
      ${cloth.pattern ? `<rect width="400" height="480" fill="url(#${id}-print)"/>` : ""}
      ${shape.folds.map((path) => soft(path, "#1b1420", 0.27)).join("")}
      ${shape.lights.map((path) => soft(path, "#ffffff", 0.2)).join("")}
      ${(shape.ribs ?? []).map((path) => `<path d="${path}" fill="url(#${id}-rib)"/>`).join("")}
      <rect width="400" height="480" fill="url(#${id}-weave)"/>
      <path d="${shape.outline}" fill="none" stroke="${dark}" stroke-opacity=".35" stroke-width="5"/>
    </g>
    <g fill="none" stroke="${dark}" stroke-opacity=".55" stroke-width="1.6" stroke-linecap="round">
      ${shape.seams.map((path) => `<path d="${path}"/>`).join("")}
    </g>
    ${(shape.buttons ?? [])
      .map(
        ([x, y]) =>
          `<circle cx="${x}" cy="${y}" r="6.4" fill="${dark}"/>` +
          `<circle cx="${x - 1.4}" cy="${y - 1.6}" r="4.4" fill="${mixed(dark, "#ffffff", 0.22)}"/>`,
      )
      .join("")}`;
}

/** The picture of a product. */
export function picture(scene: Scene): string {
  const shape: Shape = SHAPES[scene.garment];
  const { width, height } = scene;
  const scale = Math.min((width * 0.86) / FRAME.width, (height * 0.84) / FRAME.height);
  const left = (width - FRAME.width * scale) / 2;
  const top = (height - FRAME.height * scale) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
    <defs>
      <linearGradient id="ground" x1="0" y1="0" x2=".3" y2="1">
        <stop offset="0" stop-color="${scene.ground[0]}"/><stop offset="1" stop-color="${scene.ground[1]}"/>
      </linearGradient>
      <radialGradient id="light" cx=".32" cy=".2" r=".9">
        <stop offset="0" stop-color="#fff" stop-opacity=".6"/><stop offset="1" stop-color="#fff" stop-opacity="0"/>
      </radialGradient>
      ${definitions("g", scene.cloth, shape)}
    </defs>
    <rect width="${width}" height="${height}" fill="url(#ground)"/>
    <rect width="${width}" height="${height}" fill="url(#light)"/>
    <g transform="translate(${left} ${top}) scale(${scale})">${garmentMarkup("g", scene.cloth, shape)}</g>
  </svg>`;
}
