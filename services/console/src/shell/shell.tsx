import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Fragment, Suspense, lazy, useEffect, useState } from "react";
import { Offline } from "~/parts/states";
import { Toasts, showToast } from "~/parts/toast";
import { useKeptSearch, useSearchOf } from "~/state/last_search";
import { useStore } from "~/state/store";
import { AllKeys } from "./all_keys";
import { BottomBar } from "./bottom_bar";
import { type KeyMap, hearKeys, useKeys } from "./keys";
import { NoStore } from "./no_store";
import { PAGES, pageAt } from "./pages";
import { Sidebar } from "./sidebar";
import { toggleTheme } from "./theme";

/** The file may be missing if this tab is older than the console on the server. */
const Palette = lazy(() =>
  import("./palette").catch(() => {
    showToast("The console has been updated. Load this page anew to search.");
    return { default: () => <></> };
  }),
);

/** The frame of all pages: navigation, and the keys that work everywhere. */
export function Shell() {
  const searchOf = useSearchOf();
  const navigate = useNavigate();
  const [isSearching, setSearching] = useState(false);
  const [wasSearched, setSearched] = useState(false);
  const [showsKeys, setShowsKeys] = useState(false);
  const openPalette = () => {
    setSearched(true);
    setSearching(true);
  };
  useEffect(hearKeys, []);
  useKeptSearch();
  const pages: KeyMap = Object.fromEntries(PAGES.map((page) => [`g ${page.key}`, () => void navigate({ to: page.path, search: searchOf(page.path) as never })]));
  useKeys({
    ...pages,
    "mod+k": openPalette,
    "?": () => setShowsKeys(true),
    "/": focusSearch,
    "Shift+d": toggleTheme,
  });
  return (
    <>
      <a href="#page" className="sr-only z-50 rounded-control bg-primary px-3 py-2 text-on-primary focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to the page
      </a>
      <div className="flex min-h-dvh bg-surface">
        <Sidebar onSearch={openPalette} />
        <main id="page" tabIndex={-1} className="flex min-w-0 flex-1 flex-col pb-14 focus-visible:outline-none md:pb-0">
          <Offline />
          <PageOfStore />
        </main>
      </div>
      <BottomBar onSearch={openPalette} />
      <AllKeys open={showsKeys} onOpenChange={setShowsKeys} />
      <Suspense>{wasSearched && <Palette open={isSearching} onOpenChange={setSearching} onAllKeys={() => setShowsKeys(true)} />}</Suspense>
      <Toasts />
    </>
  );
}

/** A page about a store is not drawn while there is none. Another store remounts the page, so that no figure
 * of the previous store is shown under its name. */
function PageOfStore() {
  const { pathname } = useLocation();
  const page = pageAt(pathname);
  const { store_id: store } = useStore();
  if (store === "" && page && (page.group === "Shop" || page.group === "Growth")) return <NoStore title={page.name} />;
  const isOfAll = page === undefined || page.group === "Pipeline" || page.path === "/live";
  return (
    <Fragment key={isOfAll ? "" : store}>
      <Outlet />
    </Fragment>
  );
}

/** Focuses the page's search field. Returns false if it has none; the palette is opened then. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  return field !== null;
}
