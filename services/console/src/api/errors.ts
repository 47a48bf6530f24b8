/** Errors of the API: a refusal with its reason, or no answer. */

import { readable } from "~/format/text";
import type { components } from "./schema";

export type ApiErrorBody = components["schemas"]["ErrorAnswer"];

/** A refused or failed request. `status` is 0 without an answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly field: string | null;
  readonly path: string;

  constructor(path: string, status: number, body: Partial<ApiErrorBody> | null, requestId: string | null) {
    super(body?.message || sentenceOf(status));
    this.path = path;
    this.status = status;
    this.code = body?.code ?? (status === 0 ? "NO_ANSWER" : `HTTP_${status}`);
    this.requestId = requestId;
    this.field = fieldOf(body);
  }

  /** Whether the same request would fail again. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429 && this.status !== 408;
  }
}

function fieldOf(body: Partial<ApiErrorBody> | null): string | null {
  const details = body?.details as { field?: unknown } | null | undefined;
  return typeof details?.field === "string" ? details.field : null;
}

function sentenceOf(status: number): string {
  if (status === 0) return "The query service did not answer.";
  if (status === 401) return "You are signed out.";
  if (status === 403) return "This key may not do that.";
  if (status === 404) return "There is nothing at this address.";
  if (status === 429) return "Too many requests at once.";
  return `The query service answered ${status}.`;
}

/** Shown for errors that are not refusals of the API but faults of this page. */
export const PAGE_FAULT = "Something went wrong in this page. Reload it and try again.";

/** Why an act failed, in words for the reader. */
export function faultText(error: unknown): string {
  return error instanceof ApiError ? readable(error.message) : PAGE_FAULT;
}
