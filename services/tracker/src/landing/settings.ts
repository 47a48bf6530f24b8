/** What the page's server wrote around this script: the value of its one parameter, `LANDING`. */

export interface Settings {
  /** The gateway's address, without a slash at the end. */
  readonly url: string;
  readonly page: string;
  readonly campaign?: string;
  readonly key?: string;
  readonly store?: string;
  /** A cookie domain, wider than the host. */
  readonly domain?: string;
  /** Whether everything waits for consent. */
  readonly held?: boolean;
  readonly gpc?: boolean;
  readonly dnt?: boolean;
}

declare const LANDING: Settings;

export const settings = LANDING;
