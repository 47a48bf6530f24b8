/** One typed client for the query service. The browser adds the session's cookie to each request. */

import createClient, { type Middleware } from "openapi-fetch";
import { ApiError, type ApiErrorBody } from "./errors";
import type { paths } from "./schema";

/** Proves that a page of this origin made the request: other origins cannot send the header without a CORS
 * preflight. */
export const CONSOLE_HEADER = { "X-Storepulse-Console": "1" };

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 15_000;

const refuse: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const text = await response.text();
    throw new ApiError(schemaPath, response.status, bodyOf(text), response.headers.get("X-Request-Id"));
  },
  onError({ error, schemaPath, request }) {
    if (error instanceof ApiError || request.signal.aborted) return undefined;
    return new ApiError(schemaPath, 0, null, null);
  },
};

function bodyOf(text: string): Partial<ApiErrorBody> | null {
  try {
    return JSON.parse(text) as Partial<ApiErrorBody>;
  } catch {
    return null; // a proxy's error page: the status is enough
  }
}

/** Adds a timeout to the caller's own signal. */
function withTimeout(request: Request): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  return fetch(new Request(request, { signal: AbortSignal.any([request.signal, timeout]) }));
}

export const client = createClient<paths>({
  baseUrl: location.origin,
  headers: CONSOLE_HEADER,
  fetch: withTimeout,
});
client.use(refuse);

/** The body of a successful answer; errors are thrown before. */
export function dataOf<Body>(answer: { data?: Body }): Body {
  if (answer.data === undefined) throw new ApiError("", 0, null, null);
  return answer.data;
}
