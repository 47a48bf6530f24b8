import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { watch } from "./panel/sendings";

watch();
createRoot(document.getElementById("shop")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
