/**
 * Facebook's pixel: its queue at once, its program when marketing is granted. The page's server gives
 * the pixel's id as `PIXEL`. Events come from the landing page's script.
 */

declare const PIXEL: string;

type Pixel = ((...values: unknown[]) => void) & {
  callMethod?: (...values: unknown[]) => void;
  queue?: unknown[];
  push?: unknown;
  loaded?: boolean;
  version?: string;
};

const SOURCE = "https://connect.facebook.net/en_US/fbevents.js";

try {
  const page = window as Window & { fbq?: Pixel; _fbq?: Pixel };
  const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce;
  let isLoaded = !!page.fbq;
  if (!page.fbq) {
    const pixel: Pixel = (...values) => {
      if (pixel.callMethod) pixel.callMethod(...values);
      else pixel.queue?.push(values);
    };
    pixel.push = pixel;
    pixel.loaded = true;
    pixel.version = "2.0";
    pixel.queue = [];
    page.fbq = page._fbq = pixel;
  }
  page.fbq("init", PIXEL);
  const load = () => {
    try {
      if (isLoaded || !/(?:^|; )sp_consent=.g/.test(document.cookie)) return;
      isLoaded = true;
      const script = document.createElement("script");
      script.async = true;
      script.src = SOURCE;
      if (nonce) script.nonce = nonce;
      document.head.append(script);
    } catch {
      // A page without it.
    }
  };
  load();
  addEventListener("sp:consent", load);
} catch {
  // A page without it.
}

export {};
