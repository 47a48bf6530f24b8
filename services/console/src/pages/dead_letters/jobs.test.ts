import { beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "~/api/errors";
import { type JobOrder, beginJob, driveJob, findJob, goOnWith, newJobId, stopJob } from "./jobs";
import type { ReplayBody, Replayed } from "./queries";

const ORDER: JobOrder = { name: "deadlock", total: 250, body: { filter: { stream: "cart" } } };

function answer(sent: number, next: string | null, refused: Record<string, string> = {}): Replayed {
  return { dry_run: false, sent, queued: 0, delivered_before: 0, refused, skipped: {}, run: "r", next_cursor: next, rehearsed: [] };
}

describe("a job", () => {
  let asked: ReplayBody[] = [];
  beforeEach(() => {
    asked = [];
  });
  const sendOf = (answers: (Replayed | Error)[]) => async (body: ReplayBody) => {
    asked.push(body);
    const next = answers.shift()!;
    if (next instanceof Error) throw next;
    return next;
  };

  test("goes on from cursor to cursor until it is through", async () => {
    const id = beginJob(ORDER);
    await driveJob(id, () => undefined, sendOf([answer(100, "c1"), answer(98, "c2", { a: "is gone", b: "is gone" }), answer(50, null)]));
    expect(asked.map(({ cursor, max, run }) => [cursor, max, run])).toEqual([[null, 100, id], ["c1", 100, id], ["c2", 100, id]]);
    expect(findJob(id)).toMatchObject({ state: "through", passed: 250, refused: { a: "is gone", b: "is gone" } });
  });

  test("stops after the group at hand, and goes on where it stopped", async () => {
    const id = beginJob(ORDER);
    await driveJob(id, () => stopJob(id), sendOf([answer(100, "c1"), answer(150, null)]));
    expect(findJob(id)).toMatchObject({ state: "stopped", passed: 100, cursor: "c1" });
    goOnWith(id);
    await driveJob(id, () => undefined, sendOf([answer(150, null)]));
    expect(asked.at(-1)!.cursor).toBe("c1");
    expect(findJob(id)!.state).toBe("through");
  });

  test("sends again what got no answer, and fails at the fifth time with its place", async () => {
    const id = beginJob(ORDER);
    const away = () => new ApiError("/", 503, { message: "Kafka is away" }, null);
    const waits: number[] = [];
    const wait = async (milliseconds: number) => void waits.push(milliseconds);
    await driveJob(id, () => undefined, sendOf([answer(100, "c1"), away(), away(), answer(1, "c2"), away(), away(), away(), away(), away()]), wait);
    expect(waits).toEqual([1000, 2000, 1000, 2000, 4000, 8000]);
    expect(findJob(id)).toMatchObject({ state: "failed", fault: "Kafka is away", cursor: "c2" });
  });

  test("that is refused fails at once", async () => {
    const id = beginJob(ORDER);
    await driveJob(id, () => undefined, sendOf([new ApiError("/", 400, { message: "patch: makes too much" }, null)]));
    expect(findJob(id)).toMatchObject({ state: "failed", fault: "patch: makes too much" });
  });

  test("cut off by a reload is still running in what the tab keeps", async () => {
    const id = beginJob(ORDER);
    const reload = new Promise<void>(() => undefined);
    void driveJob(id, () => undefined, sendOf([new ApiError("/", 0, null, null)]), () => reload);
    await new Promise((done) => setTimeout(done));
    expect(JSON.parse(sessionStorage.getItem(`storepulse.job.${id}`)!).state).toBe("running");
  });

  test("is kept for a reload, by its id alone", () => {
    const id = beginJob({ ...ORDER, total: 7 });
    expect(JSON.parse(sessionStorage.getItem(`storepulse.job.${id}`)!)).toMatchObject({ order: { total: 7 }, state: "running" });
    expect(findJob(newJobId())).toBeNull();
  });

  test("of named letters is one request, and tells of those that were left out", async () => {
    const id = beginJob({ ...ORDER, body: { ids: ["a", "b"] } });
    await driveJob(id, () => undefined, sendOf([{ ...answer(1, null), skipped: { b: "is resolved" } }]));
    expect(asked).toEqual([{ ids: ["a", "b"], run: id }]);
    expect(findJob(id)).toMatchObject({ state: "through", passed: 2, refused: { b: "is resolved" } });
  });
});

test("ids of jobs are UUIDs", () => {
  expect(newJobId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
