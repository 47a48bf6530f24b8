/** What each kind of destination asks for, as docs/destinations.md has it. */

export interface KindField {
  /** "config.url", "secrets.api_secret". */
  name: string;
  label: string;
  hint: string;
  isOptional?: boolean;
  isSecret?: boolean;
}

export interface Kind {
  kind: string;
  name: string;
  fields: readonly KindField[];
  /** Whether it is refused without naming its streams. */
  wantsStreams?: boolean;
  /** What it asks for beside what is chosen. */
  note: string;
}

export const KINDS: readonly Kind[] = [
  {
    kind: "webhook",
    name: "Webhook: any HTTPS server",
    fields: [{ name: "config.url", label: "Address", hint: "https://crm.example/hooks" }],
    note: "A signing secret is made for it, and shown once.",
  },
  {
    kind: "ga4",
    name: "Google Analytics 4",
    fields: [
      { name: "config.measurement_id", label: "Measurement id", hint: "G-ABC123" },
      { name: "secrets.api_secret", label: "API secret", hint: "Of the Measurement Protocol. It is stored encrypted.", isSecret: true },
    ],
    wantsStreams: true,
    note: "Events of visitors who denied consent to analytics are left out by itself.",
  },
  {
    kind: "meta_capi",
    name: "Meta Conversions API",
    fields: [
      { name: "config.pixel_id", label: "Pixel id", hint: "Digits alone." },
      { name: "config.test_event_code", label: "Test event code", hint: "While you try it; empty later.", isOptional: true },
      { name: "secrets.access_token", label: "Access token", hint: "It is stored encrypted.", isSecret: true },
    ],
    wantsStreams: true,
    note: "It gets events with a granted consent to marketing alone, whatever is chosen here.",
  },
  {
    kind: "image_archive",
    name: "Archive of bots’ images",
    fields: [
      { name: "config.folder", label: "Folder", hint: "Below images in the home folder; empty: images itself. Leave it out for Cloudflare.", isOptional: true },
      { name: "config.account_id", label: "Cloudflare account", hint: "Instead of a folder.", isOptional: true },
      { name: "secrets.api_token", label: "Cloudflare token", hint: "With the account. It is stored encrypted.", isOptional: true, isSecret: true },
    ],
    note: "It keeps the images of one event at a time.",
  },
];

export type Values = Record<string, string>;

/** What a form's values say of `config` and `secrets`; empty ones are left out. */
export function declarationOf(kind: Kind, values: Values): { config: Record<string, unknown>; secrets: Record<string, string> } {
  const config: Record<string, unknown> = {};
  const secrets: Record<string, string> = {};
  for (const { name } of kind.fields) {
    const value = values[name]?.trim();
    if (!value) continue;
    const [part, field] = name.split(".") as [string, string];
    if (part === "config") config[field] = value;
    else secrets[field] = value;
  }
  return { config, secrets };
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** What is missing, in a sentence; null where it may be sent. */
export function missingOf(kind: Kind, name: string, values: Values, streams: readonly string[]): string | null {
  if (!NAME.test(name.trim())) return name.trim() ? "Its name may have small letters, digits, - and _." : "Give it a name first.";
  const field = kind.fields.find((one) => !one.isOptional && !values[one.name]?.trim());
  if (field) return `${field.label} is missing.`;
  if (kind.wantsStreams && streams.length === 0) return "Choose its streams first: vendors get what is named.";
  return null;
}
