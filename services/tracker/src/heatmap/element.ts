/**
 * Names an element in a way that is the same tomorrow and for other visitors: no ids and classes
 * that a framework made, no texts of the page. The gateway judges dead and rage clicks by these
 * names (streams/heatmap/selectors.py): so a field's type and words such as `next` stand in them.
 */

/** What reacts to clicks. */
const REACTS =
  "a,button,input,select,textarea,label,summary,option,video,audio,[role],[onclick],.cta-button,[data-cta]";
const LONGEST = 512;

/** Words with two digits at most: what frameworks make has more of them, or a prefix of theirs. */
const isStable = (name: string) =>
  /^(?!css-|sc-|jsx-|svelte-|ember|radix|headless|mui)[a-z]+([-_]+[a-z]+)*[-_]?\d{0,2}$/i.test(name);

const SERIES = /\b(plus|minus|(in|de)cre(ment|ase)|next|prev(ious)?)\b/i;

/** The element that a path of an event is about: the nearest that reacts, else the innermost. */
export function elementOf(path: EventTarget[]): Element | undefined {
  const elements = path.filter((target) => target instanceof Element);
  if (elements.some((element) => element.matches("[data-sp-ignore]"))) return undefined;
  return elements.find((element) => element.matches(REACTS)) ?? elements[0];
}

/** The selector of an element: up to the nearest one that has a name of its own. */
export function selectorOf(element: Element): string {
  let selector = "";
  for (let at: Element | null | undefined = element; at; at = parentOf(at)) {
    const longer = partOf(at) + (selector && ` > ${selector}`);
    if (longer.length > LONGEST) break;
    selector = longer;
    if (/^[^ ]*(#|\[data-testid)/.test(selector)) break;
  }
  return selector || element.localName;
}

/** The element around another, also around its shadow root. */
function parentOf(element: Element): Element | null | undefined {
  return element.parentElement ?? (element.getRootNode() as ShadowRoot).host;
}

/** One element, as a compound selector. */
function partOf(element: Element): string {
  const { localName, id, classList } = element;
  const valueOf = (name: string) => element.getAttribute(name) ?? "";
  const attribute = (name: string, value = valueOf(name)) => `[${name}=${JSON.stringify(value)}]`;
  const named = valueOf("data-testid")
    ? attribute("data-testid")
    : isStable(id)
      ? `#${id}`
      : positionOf(element);
  // Hashes have capitals, where people's classes have none.
  const classes = [...classList].filter((name) => isStable(name) && !/[A-Z]/.test(name));
  const word = SERIES.exec(valueOf("aria-label"));
  return [
    localName + named,
    ...classes.slice(0, 5).map((name) => `.${name}`),
    ...["role", "type", "name"].filter((name) => isStable(valueOf(name))).map((name) => attribute(name)),
    ...["data-cta", "onclick"].filter((name) => element.hasAttribute(name)).map((name) => `[${name}]`),
    word ? attribute("aria-label*", word[0]) : "",
  ].join("");
}

/** Which one of its kind an element is, where there are several. */
function positionOf(element: Element): string {
  const siblings = [...(element.parentNode?.children ?? [])];
  const kind = siblings.filter((one) => one.localName === element.localName);
  return kind[1] ? `:nth-of-type(${kind.indexOf(element) + 1})` : "";
}
