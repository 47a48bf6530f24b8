import { afterEach, expect, test, vi } from "vitest";
import { type Connection, listen } from "./connection";

afterEach(() => vi.unstubAllGlobals());

/** A connection whose answers are these; what it told, and how often it asked. */
function begin(answer: () => Promise<Response>) {
  const asked = vi.fn(answer);
  vi.stubGlobal("fetch", asked);
  const told: Connection["state"][] = [];
  const { stop } = listen({ query: "", onMessage: () => undefined, onChange: ({ state }) => told.push(state), onSignedOut: () => undefined });
  return { asked, told, stop };
}

test("what is refused is not asked for again when the network is back", async () => {
  const { asked, told, stop } = begin(async () => new Response("{}", { status: 403 }));
  await vi.waitFor(() => expect(told.at(-1)).toBe("refused"));
  dispatchEvent(new Event("online"));
  expect(asked).toHaveBeenCalledTimes(1);
  stop();
});

test("a stream that is open is kept when the network is back", async () => {
  const body = () => new ReadableStream({ start: (to) => to.enqueue(new TextEncoder().encode("id: 1\nevent: rates\ndata: {}\n\n")) });
  const { asked, told, stop } = begin(async () => new Response(body(), { status: 200 }));
  await vi.waitFor(() => expect(told.at(-1)).toBe("open"));
  dispatchEvent(new Event("online"));
  expect(asked).toHaveBeenCalledTimes(1);
  stop();
});

test("one that waits is tried at once", async () => {
  const { asked, told, stop } = begin(async () => new Response("{}", { status: 503 }));
  await vi.waitFor(() => expect(told.at(-1)).toBe("waiting"));
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  stop();
});
