/** How the console reads: answers are fresh for 15 seconds, and old data stays until new data arrives. */

import { QueryClient, keepPreviousData } from "@tanstack/react-query";
import { ApiError } from "./errors";

export const FRESH = 15_000;
const RETRIES = 2;

export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH,
        placeholderData: keepPreviousData,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < RETRIES && !(error instanceof ApiError && error.isFinal),
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
      mutations: { retry: false },
    },
  });
  client.getQueryCache().subscribe((event) => {
    const { error, data } = event.query.state;
    // The first query for the session learns from this very error that nobody is signed in.
    const isFirst = event.query.queryKey[0] === "me" && data === undefined;
    if (event.type === "updated" && error instanceof ApiError && error.status === 401 && !isFirst) onSignedOut();
  });
  return client;
}
