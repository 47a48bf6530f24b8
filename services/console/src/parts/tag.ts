/** The tag of a shop's pages, with what is known of it. */

export interface Tag {
  /** Where pages reach the gateway; null: the installation does not say. */
  gateway: string | null | undefined;
  storeId: string;
  /** The store's publishable key; none: a place for it. */
  key?: string;
  /** Further attributes, such as `data-consent="required"`. */
  attributes?: string;
}

export function tagOf({ gateway, storeId, key, attributes }: Tag): string {
  const more = attributes ? `\n  ${attributes}` : "";
  return `<script defer src="${gateway ?? "https://GATEWAY"}/tracker.js"\n  data-store="${storeId || "STORE"}" data-key="${key ?? "spk_…"}"${more}></script>`;
}
