/** Routes. Each page is a separate file, loaded when it is opened or when its link is touched. */

import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { ApiError } from "./api/errors";
import { meQuery } from "./api/session";
import { NotFound, PageFault } from "./shell/faults";
import { PAGES } from "./shell/pages";
import { Shell } from "./shell/shell";
import { type Search, readSearch, writeSearch } from "./state/search";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./pages/sign_in")),
});

/** Pages need a session: without one, the sign-in page is shown first and leads back. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      const next = location.href.replace(/^\/analytics/, "");
      throw redirect({ to: "/sign-in", search: (next === "/" ? {} : { next }) as never });
    }
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: ({ search }) => {
    throw redirect({ to: "/overview", search: search as never, replace: true });
  },
});

const pages = PAGES.flatMap((page) =>
  [page, ...(page.details ?? [])].map(({ path, load }) => createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(load) })),
);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([signIn, shell.addChildren([home, ...pages])]),
    basepath: "/analytics",
    context: { queries },
    parseSearch: readSearch,
    stringifySearch: writeSearch as (search: Record<string, unknown>) => string,
    defaultErrorComponent: PageFault,
    defaultPreload: "intent",
    scrollRestoration: true,
    trailingSlash: "never",
  });
}

export type { Search };
