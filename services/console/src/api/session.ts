/** Who is signed in: the key's name, scopes and stores. */

import { queryOptions } from "@tanstack/react-query";
import { CONSOLE_HEADER, client, dataOf } from "./client";
import { ApiError } from "./errors";
import type { components } from "./schema";

export type Me = components["schemas"]["Me"];
export type StoreOfKey = components["schemas"]["ReadableStore"];

/** How often to check whether the first store exists, in milliseconds. */
const FIRST_STORE = 5_000;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => dataOf(await client.GET("/api/me", { signal })).data,
  staleTime: 60_000,
  // The first store may be created by the first event: pages wait for it.
  refetchInterval: ({ state }) => (state.data?.stores.length === 0 ? FIRST_STORE : false),
  retry: false,
});

/** Exchanges a key or the one-time token of a link for the session's cookie. Raises ApiError. */
export async function signIn(proof: { key: string } | { token: string }): Promise<void> {
  await send("POST", proof);
}

export async function signOut(): Promise<void> {
  await send("DELETE");
}

async function send(method: "POST" | "DELETE", body?: object): Promise<void> {
  const path = "/api/session";
  const headers = { ...CONSOLE_HEADER, "Content-Type": "application/json" };
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(path, 0, null, null);
  }
  if (answer.ok) return;
  const error = await answer.json().catch(() => null);
  throw new ApiError(path, answer.status, error, answer.headers.get("X-Request-Id"));
}
