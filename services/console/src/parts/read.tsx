import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "~/api/errors";
import { usePageSearch } from "~/state/search";
import { Failed, LoadingRows, Stale } from "./states";

interface ReadProps<Data> {
  query: UseQueryResult<Data, Error>;
  /** What is loaded, for the error message: "the carts". */
  what: string;
  /** Shown until the first answer; rows by default. */
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** The states of one panel: loading, failed, stale with its age, or the data. */
export function Read<Data>({ query, what, loading = <LoadingRows />, children }: ReadProps<Data>) {
  const [search, change] = usePageSearch();
  const retry = () => void query.refetch();
  // The cursor belongs to another sorting or filter: a retry cannot help.
  const isStray = query.error instanceof ApiError && query.error.status === 400 && search.cur !== undefined;
  if (query.data === undefined) {
    if (!query.error) return loading;
    return <Failed error={query.error} what={what} onRetry={retry} onFirstPage={isStray ? () => change({ cur: null, back: null }) : undefined} />;
  }
  return (
    <>
      {query.isError && <Stale error={query.error} since={query.dataUpdatedAt} onRetry={retry} />}
      {children(query.data)}
    </>
  );
}
