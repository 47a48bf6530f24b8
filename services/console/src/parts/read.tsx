import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
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
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    return query.error ? <Failed error={query.error} what={what} onRetry={retry} /> : loading;
  }
  return (
    <>
      {query.isError && <Stale error={query.error} since={query.dataUpdatedAt} onRetry={retry} />}
      {children(query.data)}
    </>
  );
}
