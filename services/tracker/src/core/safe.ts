/** Nothing that goes wrong here may reach the page. */

/** The same function, whose exceptions end here. */
export function safe<Values extends unknown[]>(run: (...values: Values) => unknown) {
  return (...values: Values): void => {
    try {
      run(...values);
    } catch {
      // The event is lost; the page goes on.
    }
  };
}

/**
 * Listens before the page's own listeners. On window and document, what could hold up scrolling is
 * passive by itself.
 */
export function on<Told extends Event>(
  target: EventTarget,
  type: string,
  listener: (event: Told) => void,
): void {
  target.addEventListener(type, safe(listener as (event: Event) => void), true);
}
