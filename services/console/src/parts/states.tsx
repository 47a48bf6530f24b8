/** Shown in place of figures: loading, empty, stale, failed, not allowed. */

import { CircleAlert, CloudOff, Lock, RefreshCw, SearchX, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { ApiError, PAGE_FAULT } from "~/api/errors";
import { formatAge } from "~/format/time";
import { Button } from "./button";

/** True after `milliseconds`, so that fast answers show no skeleton. */
export function useLater(milliseconds = 150): boolean {
  const [isLater, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return isLater;
}

/** Rows with the height that the data will have. */
export function LoadingRows({ rows = 8, height = 36 }: { rows?: number; height?: number }) {
  const isLater = useLater();
  return (
    <div role="status" aria-label="Loading" className={isLater ? "" : "invisible"}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} style={{ height }} className="flex items-center gap-4 border-b border-line px-4">
          <span className="skeleton h-3" style={{ width: `${38 - (row % 4) * 6}%` }} />
          <span className="skeleton ml-auto h-3 w-12" />
        </div>
      ))}
    </div>
  );
}

interface MessageProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  role?: "alert" | "status";
}

function Message({ icon, title, children, role = "status" }: MessageProps) {
  return (
    <div role={role} className="mx-auto flex max-w-md flex-col items-start gap-2 px-4 py-12">
      {icon}
      <p className="text-md font-semibold">{title}</p>
      {children}
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  /** Clears the filters, so that rows are found again. */
  onClear?: () => void;
}

/** No row matches, or there are none yet. A counted zero is a figure and not this. */
export function Empty({ title, children, onClear }: EmptyProps) {
  return (
    <Message icon={<SearchX aria-hidden="true" size={20} className="text-ink3" />} title={title}>
      {children && <div className="text-ink2">{children}</div>}
      {onClear && <Button onClick={onClear}>Clear all filters</Button>}
    </Message>
  );
}

interface FailedProps {
  error: unknown;
  /** What could not be loaded: "the carts". */
  what: string;
  onRetry?: () => void;
  /** Set if the URL has an unknown cursor: leads to the list's first page. */
  onFirstPage?: () => void;
}

/** One panel failed; the others are still shown. */
export function Failed({ error, what, onRetry, onFirstPage }: FailedProps) {
  const known = error instanceof ApiError ? error : null;
  if (known?.status === 403) {
    return (
      <Message role="alert" icon={<Lock aria-hidden="true" size={20} className="text-ink3" />} title={`This key may not read ${what}`}>
        <p className="text-ink2">{known.message}. An admin can make another key under Settings, Keys.</p>
      </Message>
    );
  }
  return (
    <Message role="alert" icon={<CircleAlert aria-hidden="true" size={20} className="text-bad" />} title={`Could not read ${what}`}>
      <p className="text-ink2">{known ? sentence(known.message) : PAGE_FAULT}</p>
      {onFirstPage && <Button onClick={onFirstPage}>Go to the first page</Button>}
      {onRetry && !onFirstPage && (
        <Button icon={<RefreshCw aria-hidden="true" size={14} />} onClick={onRetry}>
          Try again
        </Button>
      )}
      {known && (
        <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 text-sm">
          <dt className="text-ink3">Code</dt>
          <dd className="font-mono">{known.code}</dd>
          {known.requestId && (
            <>
              <dt className="text-ink3">Request</dt>
              <dd className="font-mono break-all">{known.requestId}</dd>
            </>
          )}
        </dl>
      )}
    </Message>
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

interface StaleProps {
  error: unknown;
  /** When the shown figures were read, in epoch milliseconds. */
  since: number;
  onRetry: () => void;
}

/** The figures stay, with their age and the fault. */
export function Stale({ error, since, onRetry }: StaleProps) {
  const why = error instanceof ApiError ? sentence(error.message) : "The last try failed.";
  return (
    <div role="status" className="flex items-start gap-3 bg-warn-soft px-4 py-2.5">
      <TriangleAlert aria-hidden="true" size={16} className="mt-0.5 shrink-0 text-warn" />
      <p className="min-w-0 flex-1">
        <strong className="font-semibold">These figures were read {formatAge(since)}.</strong> {why}
        {error instanceof ApiError && error.requestId && <span className="ml-1 font-mono text-sm text-ink2">{error.requestId}</span>}
      </p>
      <Button size="small" icon={<RefreshCw aria-hidden="true" size={14} />} onClick={onRetry}>
        Now
      </Button>
    </div>
  );
}

function hearNetwork(tell: () => void): () => void {
  addEventListener("online", tell);
  addEventListener("offline", tell);
  return () => {
    removeEventListener("online", tell);
    removeEventListener("offline", tell);
  };
}

/** Says that the browser is offline; figures stay as they are. */
export function Offline() {
  const isOnline = useSyncExternalStore(hearNetwork, () => navigator.onLine);
  if (isOnline) return null;
  return (
    <p role="status" className="flex items-center gap-2 border-b border-line bg-sunken px-4 py-2">
      <CloudOff aria-hidden="true" size={16} className="text-warn" />
      You are offline. The figures on this page stay; Live goes on where it stopped.
    </p>
  );
}
