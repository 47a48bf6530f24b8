/**
 * What a visitor gets of the tests of a page, found once and then left alone.
 *
 * Rules: a test that is not known is loading for 300 ms at most; whoever waits longer gets control,
 * and so does a robot, and whoever has refused. What was shown stays, whatever the gateway says
 * later. Nothing throws.
 */

import { isRobotOrHeadless } from "../experiments/visit";
import { askActive, askVariant, CONTROL, drawAtOnce, isTestId } from "./gateway";
import { PageVisitor } from "./page_visitor";
import { Teller } from "./telling";
import type { ActiveTestsState, Assignment, Options } from "./types";

/** How long a page may wait for a variant. */
export const HIDDEN_MS = 300;
const LIST_MS = 10_000;

/** A test as components see it; equal states are the same object. */
export interface TestState {
  readonly assignment: Assignment;
  readonly loading: boolean;
}

export const LOADING: TestState = { assignment: CONTROL, loading: true };
const SETTLED_AS_CONTROL: TestState = { assignment: CONTROL, loading: false };
export const NO_TESTS: ActiveTestsState = { activeTests: [], loading: true };

export class ExperimentsClient {
  readonly visitor: PageVisitor;
  readonly teller: Teller;
  #states = new Map<string, TestState>();
  #deadlines = new Map<string, number>();
  #lists = new Map<string, ActiveTestsState>();
  #listeners = new Set<() => void>();
  #fetch: typeof fetch;

  constructor(private readonly options: Options) {
    this.#fetch = options.fetch ?? ((...request) => fetch(...request));
    this.visitor = new PageVisitor(options);
    this.teller = new Teller(this.visitor, this.#fetch);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What a test's components show now. */
  stateOf(testId: string, initial?: TestState): TestState {
    const known = this.#states.get(testId) ?? initial;
    return known ?? (this.visitor.settings ? LOADING : SETTLED_AS_CONTROL);
  }

  /** Finds what a visitor gets of a test, once: within so many milliseconds, else it is control. */
  load(testId: string, within: number, initial?: TestState): void {
    if (this.#states.has(testId)) return;
    if (initial) {
      this.visitor.keep();
      this.#settle(testId, initial);
    } else if (within <= 0 || !isTestId(testId) || !this.#mayAsk()) {
      this.#settle(testId);
    } else if (!this.#deadlines.has(testId)) {
      const known = this.#drawnState(testId);
      if (known) this.#settle(testId, known);
      else this.#ask(testId, within);
    }
  }

  /** The running tests that were found on pages of a type. */
  listOf(storeId: string, pageType: string): ActiveTestsState {
    return this.#lists.get(`${storeId}/${pageType}`) ?? NO_TESTS;
  }

  /** Finds a store's running tests, once a page; none where no answer comes. */
  loadList(storeId: string, pageType: string): void {
    const name = `${storeId}/${pageType}`;
    if (this.#lists.has(name)) return;
    this.#lists.set(name, NO_TESTS);
    const { settings } = this.visitor;
    const signal = AbortSignal.timeout(LIST_MS);
    const call = { host: settings?.host ?? "", fetch: this.#fetch, signal };
    const asked = settings
      ? askActive(call, storeId, { pageType, key: settings.key })
      : Promise.resolve([]);
    asked
      .catch(() => [])
      .then((activeTests) => {
        this.#lists.set(name, { activeTests, loading: false });
        this.#tellListeners();
      });
  }

  #ask(testId: string, within: number): void {
    const gone = new AbortController();
    const { settings, asker } = this.visitor;
    const call = { host: settings!.host, fetch: this.#fetch, signal: gone.signal };
    this.#deadlines.set(testId, performance.now() + within);
    const timer = setTimeout(() => {
      this.#settle(testId);
      gone.abort();
    }, within);
    askVariant(call, testId, asker)
      .then((assignment) => this.#settle(testId, { assignment, loading: false }))
      .catch(() => this.#settle(testId))
      .finally(() => clearTimeout(timer));
  }

  /** Settles a test for as long as the page lives. An answer that is late is no answer. */
  #settle(testId: string, found: TestState = SETTLED_AS_CONTROL): void {
    if (this.#states.has(testId)) return;
    const isLate = performance.now() > (this.#deadlines.get(testId) ?? Infinity);
    this.#states.set(testId, isLate ? SETTLED_AS_CONTROL : found);
    this.#tellListeners();
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #mayAsk(): boolean {
    const { visitor } = this;
    if (!visitor.settings || visitor.answer !== "granted" || isRobotOrHeadless()) return false;
    visitor.keep();
    return visitor.unit !== undefined;
  }

  /** A test that the page was given whole. */
  #drawnState(testId: string): TestState | undefined {
    const { unit } = this.visitor;
    return unit ? drawnStates(this.options, unit).get(testId) : undefined;
  }
}

/** The tests of a page that can be drawn without asking. */
export function drawnStates(options: Options, unit: string): Map<string, TestState> {
  const states = new Map<string, TestState>();
  for (const test of options.initialTests ?? []) {
    try {
      const assignment = drawAtOnce(test, unit, options);
      if (assignment) states.set(test.test_id, { assignment, loading: false });
    } catch {
      // Not what the gateway lists; it is asked.
    }
  }
  return states;
}
