/**
 * `@storepulse/tracker/react/server`: finds a visitor's variants before the page is rendered, so
 * that it arrives with them. Needs no React, and keeps nothing between two calls.
 */

import { askVariant, CONTROL, isTestId } from "./gateway";
import type { Assignment, ConsentAnswer, InitialState } from "./types";
import { consentIn, cookieIn, newId } from "./visitor";

export type { Assignment, InitialState };

export interface ServerOptions {
  /** The gateway's address. */
  host: string;
  /** A secret key of the shop, or the publishable one. */
  key?: string | undefined;
  /** The tests of the page. */
  tests: readonly string[];
  /** The request's `Cookie` header. */
  cookies?: string | null | undefined;
  /** By default what the cookies say, else a new visitor. */
  visitorId?: string | undefined;
  sessionId?: string | undefined;
  /** The visitor's user agent: robots take part in no test. */
  userAgent?: string | null | undefined;
  /** The visitor's address, for tests of countries; believed with a secret key. */
  address?: string | undefined;
  pageType?: string | undefined;
  slug?: string | undefined;
  /** By default what the tracker's cookie says; nothing is asked before it is granted. */
  consent?: ConsentAnswer | undefined;
  /** How long the page may wait, in milliseconds. */
  timeout?: number | undefined;
  fetch?: typeof fetch | undefined;
}

/**
 * A visitor's variants, for the provider's `initial`. A test whose answer does not come in time is
 * control, without an exposure. Never rejects. Nobody is exposed: the page does that when it is
 * seen. Whoever has refused gets control, and no id.
 */
export async function getAssignments(options: ServerOptions): Promise<InitialState> {
  const cookies = options.cookies ?? "";
  const isRefused = (options.consent ?? consentIn(cookies) ?? "granted") !== "granted";
  const visitorId = isRefused
    ? undefined
    : (options.visitorId ?? cookieIn(cookies, "sp_id") ?? cookieIn(cookies, "sp_visitor") ?? newId());
  const sessionId = isRefused ? undefined : (options.sessionId ?? cookieIn(cookies, "sp_session"));
  const tests = options.tests.filter(isTestId);
  const ask = visitorId ? () => assignmentsOf(tests, options, { visitorId, sessionId }) : null;
  const found = (await ask?.()) ?? tests.map(() => CONTROL);
  const assignments = Object.fromEntries(tests.map((test, index) => [test, found[index] ?? CONTROL]));
  return { assignments, ...(visitorId && { visitorId }), ...(sessionId && { sessionId }) };
}

async function assignmentsOf(
  tests: readonly string[],
  options: ServerOptions,
  { visitorId, sessionId }: { visitorId: string; sessionId: string | undefined },
): Promise<Assignment[]> {
  const { host, key, userAgent, address, timeout = 300 } = options;
  const call = {
    host: host.endsWith("/") ? host : `${host}/`,
    fetch: options.fetch ?? fetch,
    signal: AbortSignal.timeout(timeout),
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(address && { "x-forwarded-for": address }),
      ...(userAgent && { "user-agent": userAgent }),
    },
  };
  const asker = {
    visitor_id: visitorId,
    session_id: sessionId,
    user_agent: userAgent ?? undefined,
    page_type: options.pageType,
    slug: options.slug,
  };
  return Promise.all(tests.map((test) => askVariant(call, test, asker).catch(() => CONTROL)));
}
