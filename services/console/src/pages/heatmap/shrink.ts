/** Shrinks a local picture to the API's limit. */

/** Bytes of a file that fit into a request as Base64. */
export const MOST_BYTES = 185_000;
/** Greatest width that is ever drawn. */
const WIDEST = 1200;
const QUALITIES = [0.8, 0.6, 0.4];
const SMALLEST = 320;

/** Combinations of width and quality to try, the best first. */
export function attemptsFor(width: number): { width: number; quality: number }[] {
  const attempts = [];
  for (let wide = Math.min(width, WIDEST); wide >= Math.min(width, SMALLEST); wide = Math.floor(wide * 0.75)) {
    attempts.push(...QUALITIES.map((quality) => ({ width: wide, quality })));
  }
  return attempts;
}

/** The picture as Base64 of a WebP file. Throws an Error with a message for the reader. */
export async function shrink(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This file is no picture that a browser can draw.");
  });
  try {
    for (const { width, quality } of attemptsFor(bitmap.width)) {
      const canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = Math.max(1, Math.round((bitmap.height * width) / bitmap.width));
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", quality));
      if (blob && blob.size <= MOST_BYTES) return await base64Of(blob);
    }
  } finally {
    bitmap.close();
  }
  throw new Error("This picture is too large. Crop it, or store it by “storepulse capture URL --picture FILE”.");
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onerror = () => fail(new Error("This file cannot be read."));
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.readAsDataURL(blob);
  });
}
