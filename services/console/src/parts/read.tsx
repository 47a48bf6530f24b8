import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "~/api/errors";
import { usePageSearch } from "~/state/search";
import { Failed, LoadingRows, Stale } from "./states";

interface ReadProps<Data> {
  query: UseQueryResult<Data, Error>;
  /** What is read, for the sentence when it fails: "the carts". */
  what: string;
  /** What stands until the first answer; rows by default. */
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** The states of one panel: loading, failed, old with its age, or the data. */
export function Read<Data>({ query, what, loading = <LoadingRows />, children }: ReadProps<Data>) {
  const [search, change] = usePageSearch();
  const retry = () => void query.refetch();
  // A place in a list that is sorted or filtered in another way by now: asking again cannot help.
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
