/** The pages drawn over answers of the API, as far as that can be seen without a browser. */

import { QueryClientProvider } from "@tanstack/react-query";
import { Outlet, RouterProvider, createMemoryHistory, createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { type ComponentType, Suspense } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeQueryClient } from "~/api/queries";
import EditExperiment from "./edit";
import Experiments from "./index";
import NewExperiment from "./new";
import ExperimentResults from "./results";

// On a busy machine a page is slow.
configure({ asyncUtilTimeout: 20_000 });

const STORE = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506";
const TEST = "1f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506";
const judged = (low: number, high: number) => ({
  comparison: { difference: 0.01, interval: { low, high }, statistic: 2, p_value: 0.01, lift: { value: (low + high) / 2, interval: { low, high }, reason: null }, reason: null },
  adjusted_p: 0.01, level: 0.05, is_conclusive: true,
});
const figures = { units: 900, converters: 100, events: 110, total: "100.0000", value: 0.1111, raw_value: 0.1111, interval: null, credible: null, reason: null };
const RESULTS = {
  test_id: TEST, store_id: STORE, name: "Green <b>button</b>", status: "running", winner: null, last_phase: 1, is_settled: true,
  results: {
    phase: 1, as_of: "2026-11-28T15:00:00.000Z", started_at: "2026-11-05T10:00:00.000Z", ended_at: null, running_hours: 557, mature_until: "2026-11-24", alpha: 0.05, n_star: 5000,
    verdict: { outcome: "better", sentence: "Green is better than Control on bought: +17.0 %", leader: "b", missing: [], variants: [{ variant_id: "b", outcome: "better", sentence: "Green is better than Control on bought: +17.0 %", missing: [], was_conclusive_on: null }] },
    variants: [
      { variant_id: "control", name: "Control", is_control: true, expected_share: 0.5, so_far: 1000, mature: 900 },
      { variant_id: "b", name: "Green", is_control: false, expected_share: 0.5, so_far: 1003, mature: 901 },
    ],
    metrics: [
      {
        metric: "bought", kind: "binary", direction: "increase", is_primary: true, currency: null, cap: null,
        variants: [
          { variant_id: "control", so_far: figures, mature: figures, compared: null, is_enough: true, first_conclusive_day: null },
          { variant_id: "b", so_far: figures, mature: figures, is_enough: true, first_conclusive_day: "2026-11-20",
            compared: { always_valid: judged(0.06, 0.28), fixed: judged(0.1, 0.24), bayes: { beats_control: 0.9999, loss_if_chosen: 0.0001, loss_if_kept: 0.02, difference: null, lift: { low: 0.09, high: 0.25 } }, cuped: null } },
        ],
      },
    ],
    split: { split: { status: "pass", chi_squared: 0.1, p_value: 0.98, reason: null }, since: null },
    multiple: { units: 30, share: 0.003, fails: false },
    counts: { multi_units: 30, bot_units: 1, other_currency_events: 0, variant_mismatches: 0 }, unknown_variant_units: 0,
  },
};
const SHOWN = {
  test_id: TEST, store_id: STORE, name: "Green <b>button</b>", description: null, status: "running", priority: 0, phase: 1, winner: null, version: 3,
  created_at: "2026-11-05T10:00:00.000Z", created_by: "cli", updated_at: "2026-11-05T10:00:00.000Z",
  variants: [
    { variant_id: "control", weight: 5000, name: "Control", is_control: true, slot_overrides: {}, page_template: null, slot_configuration: null, payload: {} },
    { variant_id: "b", weight: 5000, name: "Green", is_control: false, slot_overrides: { buy: { props: { button: { colour: "green" } }, enabled: null, component: null, position: 4 } }, page_template: null, slot_configuration: null, payload: {} },
  ],
  metrics: [{ key: "bought", kind: "binary", source: "purchase", currency: null, cap: null, numerator: null, denominator: null, direction: "increase" }],
  primary_metric: "bought", traffic: 10000, targeting: { page_types: ["product"], slugs: [], devices: [], countries: [], visitors: "all", utm: {} }, group: null,
  alpha: 0.05, window_hours: 72, pre_days: 14, n_star: null, baseline_rate: null, relative_effect: null, power: 0.8,
  phases: [{ phase: 1, started_at: "2026-11-05T10:00:00.000Z", ended_at: null, n_star: 5000, weights: {}, caps: {} }],
};
const LISTED = { ...SHOWN, variants: ["control", "b"] };
const DAY = (day: string) => ({ day, is_sound: true, variants: [{ variant_id: "b", units: 300, is_conclusive: true, difference: 0.1, interval: null, lift: { value: 0.17, interval: { low: 0.06, high: 0.28 }, reason: null } }] });

const ANSWERS: [RegExp, unknown][] = [
  [/\/api\/me$/, { data: { name: "ada", hint: "ssk", scopes: ["admin", "read"], stores: [{ store_id: STORE, name: "Aurora", domain: "aurora.example", time_zone: "UTC", currency: "EUR", is_declared: true, is_sample: false }] } }],
  [/results\/days/, { data: { test_id: TEST, phase: 1, as_of: "2026-11-28T15:00:00.000Z", metric: "bought", kind: "binary", direction: "increase", control: "control", names: { control: "Control", b: "Green" }, days: [DAY("2026-11-23"), DAY("2026-11-24")] } }],
  [/\/results/, { data: RESULTS }],
  [/\/plan/, { data: { metric: "share", baseline: 0.03, deviation: null, effect: 0.1, visitors_per_day: 740, measured: null, detectable: null, n_star: 18200, sizes: { always_valid: { visitors_by_variant: [9100, 9100], visitors: 18200, days: 62, critical_value: 2.9 }, fixed: { visitors_by_variant: [7000, 7000], visitors: 14000, days: 48, critical_value: 1.96 } } } }],
  [/page-configs/, { data: [{ store_id: STORE, page_type: "product", slug: "*", template: null, version: 1, updated_at: "", updated_by: "", slots: [{ slot_id: "buy", component: "BuyBox", position: 1, enabled: true, props: { button: { colour: "red" }, label: "Buy" } }] }], next_cursor: null }],
  [/\/test\//, { data: SHOWN, warnings: ["buy.position is also changed by the test Other: Other wins"] }],
  [/\/api\/ab-testing\/[^/]+(\?.*)?$/, { data: [LISTED], next_cursor: null }],
];

const sent: { method: string; body: string }[] = [];

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method !== "GET") sent.push({ method: request.method, body: await request.text() });
    const found = ANSWERS.find(([path]) => path.test(request.url));
    return new Response(JSON.stringify({ status: "success", ...(found?.[1] as object) }), { status: found ? 200 : 404, headers: { "content-type": "application/json" } });
  });
});
afterEach(cleanup);

function draw(page: ComponentType, path: string, at: string) {
  const queries = makeQueryClient(() => undefined);
  const root = createRootRoute({ component: () => <Suspense><Outlet /></Suspense> });
  const routes = [[path, page], ["/other", () => null]] as const;
  const children = routes.map(([one, component]) => createRoute({ getParentRoute: () => root, path: one, component: component as () => null }));
  const router = createRouter({ routeTree: root.addChildren(children), history: createMemoryHistory({ initialEntries: [at] }) });
  return render(<QueryClientProvider client={queries}><RouterProvider router={router as never} /></QueryClientProvider>);
}

test("the list has the test with its verdict", async () => {
  draw(Experiments, "/experiments", "/experiments");
  await screen.findByText("Green is better on bought: +6% to +28%");
  expect(screen.getByText("2,003")).toBeTruthy();
  expect(screen.getByText("Green <b>button</b>")).toBeTruthy();
});

test("results have verdict, guards, figures and days", async () => {
  const { container } = draw(ExperimentResults, "/experiments/$test", `/experiments/${TEST}`);
  await screen.findByText("Green is better than Control on bought: +17.0 %");
  await screen.findByRole("img", { name: "Green, bought: +17.0%, between +6.0% and +28.0%, conclusive" });
  await screen.findByRole("figure", { name: /^Lift of Green in bought/ });
  expect([...container.querySelectorAll("[data-guard]")].map((one) => one.getAttribute("data-state"))).toEqual(["ok", "ok", "ok", "ok", "told"]);
  fireEvent.click(await screen.findByRole("button", { name: "Declare winner…" }));
  await screen.findByText("Complete “Green <b>button</b>”?");
  const standing = within(screen.getByRole("dialog")).getByText(/^24 days in phase 1. Visitors: /);
  expect(standing.textContent).toBe("24 days in phase 1. Visitors: Control 1,000, Green 1,003.");
  fireEvent.click(screen.getByLabelText("Green"));
  fireEvent.click(screen.getByRole("button", { name: "Complete the test" }));
  await waitFor(() => expect(sent).toEqual([{ method: "POST", body: '{"winner":"b"}' }]));
});

test("a pause needs no confirmation, and can be undone", async () => {
  draw(ExperimentResults, "/experiments/$test", `/experiments/${TEST}`);
  const declare = await screen.findByRole("button", { name: "Declare winner…" });
  await waitFor(() => expect(declare.className).toContain("bg-primary"));
  const pause = screen.getByRole("button", { name: "Pause" });
  expect(pause.className).not.toContain("bg-primary");
  fireEvent.click(pause);
  await waitFor(() => expect(sent).toEqual([{ method: "POST", body: "" }]));
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a running test is edited, and a change of weights begins a phase", async () => {
  const { container } = draw(EditExperiment, "/experiments/$test/edit", `/experiments/${TEST}/edit`);
  await screen.findByText("buy.position is also changed by the test Other: Other wins");
  await waitFor(() => expect(container.querySelector("[data-block=buy]")?.textContent).toContain("moved to 4, was 1, props.button.colour"));
  fireEvent.change(screen.getByLabelText("Weight of Green, percent"), { target: { value: "40" } });
  expect(container.querySelector("[data-sum]")?.textContent).toBe("sum 90.00%, missing 10.00%");
  fireEvent.click(screen.getByRole("button", { name: "Start phase 2…" }));
  expect(container.querySelector("[data-fault=variants]")?.textContent).toMatch(/^variants: have weights that add up to 9000/);
  fireEvent.change(screen.getByLabelText("Weight of Control, percent"), { target: { value: "60" } });
  fireEvent.click(screen.getByRole("button", { name: "Start phase 2…" }));
  fireEvent.click(await screen.findByRole("button", { name: "Begin phase 2" }));
  await waitFor(() => expect(sent.map((one) => one.method)).toEqual(["PUT"]));
  expect((JSON.parse(sent[0]!.body) as typeof SHOWN).variants.map((one) => one.weight)).toEqual([6000, 4000]);
});

test("a new one says what it lacks, and its plan", async () => {
  const { container } = draw(NewExperiment, "/experiments/new", "/experiments/new");
  fireEvent.click(await screen.findByRole("button", { name: "Save draft" }));
  expect(container.querySelector("[data-fault=name]")?.textContent).toBe("name: must have 1 to 200 characters");
  await waitFor(() => expect(container.querySelector("[data-plan]")?.textContent).toContain("9,100 / 9,100 visitors, about 62 days"), { timeout: 3000 });
  expect(sent).toEqual([]);
});
