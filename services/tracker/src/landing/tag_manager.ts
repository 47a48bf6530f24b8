/**
 * Google Tag Manager with consent mode, version 2: all is denied until `sp_consent` says otherwise. The
 * page's server gives the container's id as `CONTAINER`.
 */

declare const CONTAINER: string;

const SOURCE = "https://www.googletagmanager.com/gtm.js?id=";
const WAIT = 500;

try {
  const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce;
  const layer = ((window as Window & { dataLayer?: unknown[] }).dataLayer ??= []);
  // The data layer tells commands from events by the type of an arguments object.
  const command = function (..._values: unknown[]) {
    layer.push(arguments);
  };
  const states = (letters: string) => {
    const of = (letter?: string) => (letter === "g" ? "granted" : "denied");
    const marketing = of(letters[1]);
    return {
      ad_storage: marketing,
      ad_user_data: marketing,
      ad_personalization: marketing,
      analytics_storage: of(letters[0]),
    };
  };
  const update = () => {
    try {
      const letters = document.cookie.match(/(?:^|; )sp_consent=([gdu]{2})/)?.[1];
      if (letters) command("consent", "update", states(letters));
    } catch {
      // A sandboxed frame, without cookies.
    }
  };
  command("consent", "default", { ...states(""), wait_for_update: WAIT });
  update();
  addEventListener("sp:consent", update);
  layer.push({ "gtm.start": Date.now(), event: "gtm.js" });
  const script = document.createElement("script");
  script.async = true;
  script.src = SOURCE + encodeURIComponent(CONTAINER);
  if (nonce) script.nonce = nonce;
  document.head.append(script);
} catch {
  // A page without it.
}

export {};
