import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/geist-mono/wght.css";
import "@fontsource-variable/inter/wght.css";
import "./styles/base.css";
import { meQuery } from "./api/session";
import { makeQueryClient } from "./api/queries";
import { makeRouter } from "./router";
import { pageLoadOf } from "./shell/pages";

// Load the font together with the page, so that the first paint uses it, unless it is late.
void document.fonts.load('1rem "Inter Variable"');
// Load the page's own file in parallel with the session query. If it fails, the route retries and reports it.
pageLoadOf(location.pathname.replace(/^\/analytics/, ""))?.().catch(() => undefined);

// Dialogs add a <style> element that locks scrolling; the content security policy allows it by this nonce.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) setNonce(nonce);

const queries = makeQueryClient(() => {
  queries.removeQueries({ queryKey: meQuery.queryKey });
  void router.invalidate(); // the shell queries the session and redirects to the sign-in page
});
const router = makeRouter(queries);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
