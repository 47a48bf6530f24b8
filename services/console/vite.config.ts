import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` shows a running query service's figures; a key in STOREPULSE_KEY saves the sign-in.
const { STOREPULSE_QUERY: QUERY = "http://127.0.0.1:8081", STOREPULSE_KEY: KEY } = process.env;
const proxied = { target: QUERY, headers: KEY ? { "X-API-Key": KEY } : {} };

export default defineConfig({
  base: "/analytics/",
  resolve: { alias: { "~": new URL("./src", import.meta.url).pathname } },
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../storepulse/query/console/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content policy wants files, not data: addresses
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Icons of all pages in one file: split by route they are a dozen of 0.2 KB each.
            { name: "icons", test: /node_modules\/lucide-react/ },
            { name: "charts", test: /node_modules\/(d3-|internmap)|src\/charts\// },
            { name: "vendor", test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(react-query|query-core|react-router|router-core|history|store|react-store))\// },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": proxied, "/customers": proxied, "/demo": proxied } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], testTimeout: 60_000 },
});
