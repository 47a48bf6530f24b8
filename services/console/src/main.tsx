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

// The page's font is read while the page is: nothing is drawn in another first, unless it is late.
void document.fonts.load('1rem "Inter Variable"');
// So is the page's own file, beside the question who is signed in. Where it fails, the route asks again and says so.
pageLoadOf(location.pathname.replace(/^\/analytics/, ""))?.().catch(() => undefined);

// Dialogs add a <style> that holds the page still; the content policy lets it in by this nonce.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) setNonce(nonce);

const queries = makeQueryClient(() => {
  queries.removeQueries({ queryKey: meQuery.queryKey });
  void router.invalidate(); // the shell asks who is signed in, and leads to the sign-in page
});
const router = makeRouter(queries);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
