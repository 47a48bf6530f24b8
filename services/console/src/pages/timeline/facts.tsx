import { Check, Copy } from "lucide-react";
import { CANNOT_COPY, copyText } from "~/parts/copy";
import { showToast } from "~/parts/toast";
import { type ReactNode, useState } from "react";
import { formatMoney } from "~/format/money";
import { formatCount } from "~/format/numbers";
import { Foreign, readable } from "~/format/text";
import { formatDay, formatDuration, formatMoment, formatSeen } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Initials, PersonPlace, nameOf } from "~/pages/users/person_name";
import { DaysGrid } from "./days_grid";
import { deviceOf } from "./device";
import type { PersonDetails } from "./queries";

/** The facts about a person, beside the events. */
export function Facts({ person }: { person: PersonDetails }) {
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line p-4">
        <Initials person={person} size={44} />
        <div className="min-w-0 flex-1">
          <Foreign none="anonymous" className="font-semibold">
            {nameOf(person)}
          </Foreign>
          <PersonPlace person={person} />
        </div>
        {(person.premium_actions ?? 0) > 0 && <Badge tone="accent">premium</Badge>}
      </div>
      <InShort person={person} />
      <Bought person={person} />
      <Experiments person={person} />
      <Section name="Days with events">
        <DaysGrid person={person} />
      </Section>
      <KnownAs person={person} />
      <Conflicts person={person} />
    </>
  );
}

function Section({ name, aside, children }: { name: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={name} className="border-b border-line p-4">
      <h2 className="mb-2 flex justify-between gap-2 font-semibold">
        {name}
        {aside && <span className="font-normal text-ink2">{aside}</span>}
      </h2>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6rem_minmax(0,1fr)] gap-2 py-0.5 text-sm">
      <dt className="text-ink3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

const COUNTRIES = new Intl.DisplayNames("en-GB", { type: "region", fallback: "code" });

function InShort({ person }: { person: PersonDetails }) {
  const zone = person.tz;
  const hasChat = person.telegram_id !== null;
  const consent = consentOf(person);
  return (
    <Section name="In short">
      <dl>
        <Fact name="Last seen">
          <time dateTime={person.last_seen} title={`${formatMoment(person.last_seen, zone)} ${zone}`}>
            {formatSeen(person.last_seen, zone)}
          </time>
        </Fact>
        <Fact name="First seen">{formatMoment(person.first_seen, zone)}</Fact>
        <Fact name="Events">{formatCount(person.events)}</Fact>
        {hasChat && <Fact name="Messages">{`${formatCount(person.user_messages)} sent · ${formatCount(person.ai_messages)} answers`}</Fact>}
        {(hasChat || person.images > 0) && (
          <Fact name="Images">{`${formatCount(person.images)} generated${person.redone_images ? ` · ${formatCount(person.redone_images)} redone` : ""}`}</Fact>
        )}
        {person.persona !== null && (
          <Fact name="Persona">
            <Foreign>{person.persona}</Foreign>
          </Fact>
        )}
        {person.story !== null && (
          <Fact name="Story">
            <Foreign>{person.story}</Foreign>
          </Fact>
        )}
        {(person.premium_actions ?? 0) > 0 && <Fact name="Premium">{`${formatCount(person.premium_actions)} actions`}</Fact>}
        {person.sessions > 0 && (
          <>
            <Fact name="Sessions">{`${formatCount(person.sessions)} · ${formatDuration(person.session_seconds)} in all`}</Fact>
            <Fact name="Pages">{`${formatCount(person.page_views)} views`}</Fact>
            <Fact name="Came by">
              <Foreign>{person.device.source ?? "directly"}</Foreign>
            </Fact>
            <Fact name="Device">
              <Foreign none="not known">{deviceOf(person.device.user_agent)}</Foreign>
            </Fact>
            <Fact name="Country">{person.country === null ? <span className="text-ink3">not known</span> : countryOf(person.country)}</Fact>
          </>
        )}
        {consent && <Fact name="Consent">{consent}</Fact>}
      </dl>
    </Section>
  );
}

function countryOf(code: string): string {
  try {
    return COUNTRIES.of(code) ?? code;
  } catch {
    return code;
  }
}

const CONSENT: Record<string, string> = { granted: "yes", denied: "no", unknown: "not asked" };

function consentOf({ device }: PersonDetails): string | null {
  if (device.consent_analytics === null) return null;
  const word = (value: string | null) => CONSENT[value ?? "unknown"] ?? readable(value ?? "");
  return `analytics ${word(device.consent_analytics)} · marketing ${word(device.consent_marketing)}`;
}

function Bought({ person }: { person: PersonDetails }) {
  const others = person.spents.filter((one) => one.currency !== person.currency && one.currency !== "");
  return (
    <Section name="Bought" aside={person.spent === null ? undefined : formatMoney(person.spent, person.currency)}>
      <dl>
        <Fact name="Orders">{formatCount(person.orders)}</Fact>
        {others.map((one) => (
          <Fact key={one.currency} name={`In ${one.currency}`}>{`${formatMoney(one.total_spent, one.currency)}, ${formatCount(one.orders)} orders`}</Fact>
        ))}
        {person.carts > 0 && <Fact name="From image">{`${formatCount(person.carts_from_image)} of ${formatCount(person.carts)} carts`}</Fact>}
      </dl>
    </Section>
  );
}

function Experiments({ person }: { person: PersonDetails }) {
  if (person.experiments.length === 0) return null;
  return (
    <Section name="Experiments">
      <dl>
        {person.experiments.map((one) => (
          <div key={one.test_id} className="flex items-center justify-between gap-2 py-0.5 text-sm">
            <dt className="min-w-0">
              <Foreign>{one.test}</Foreign>
            </dt>
            <dd title={`First seen ${formatDay(one.at, person.tz)}`}>
              <Badge tone={one.variants.length > 1 ? "warn" : "neutral"}>{readable(one.variants.join(", "))}</Badge>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

const KINDS: Record<string, string> = {
  customer: "customer",
  email: "e-mail hash",
  telegram: "Telegram",
  tracking: "tracking",
  visitor: "visitor",
};

function KnownAs({ person }: { person: PersonDetails }) {
  return (
    <Section name="Known as">
      <ul>
        {person.email !== null && <Identity kind="e-mail" value={person.email} />}
        {person.identities.map((one) => (
          <Identity key={`${one.kind} ${one.value}`} kind={one.value.startsWith("s:") ? "session" : (KINDS[one.kind] ?? one.kind)} value={one.value.startsWith("s:") ? one.value.slice(2) : one.value} />
        ))}
      </ul>
      {person.more_identities && <p className="mt-1 text-sm text-ink3">and more that are not shown</p>}
    </Section>
  );
}

function Identity({ kind, value }: { kind: string; value: string }) {
  const [wasCopied, setCopied] = useState(false);
  const copy = () => {
    void copyText(value).then((isCopied) => {
      if (!isCopied) return showToast(CANNOT_COPY);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    });
  };
  const Icon = wasCopied ? Check : Copy;
  return (
    <li className="flex items-center gap-2 text-sm">
      <span className="w-20 shrink-0 text-ink3">{kind}</span>
      <bdi title={readable(value)} className="min-w-0 flex-1 truncate text-right font-mono">
        {value.includes("@") ? readable(value) : middleCut(readable(value))}
      </bdi>
      <button type="button" onClick={copy} aria-label={wasCopied ? `Copied the ${kind}` : `Copy the ${kind}`} title="Copy" className="grid size-6 shrink-0 place-items-center text-ink3 hover:text-ink">
        <Icon aria-hidden="true" size={13} />
      </button>
    </li>
  );
}

/** Truncates the middle of an id, because ids differ at their ends. */
function middleCut(text: string): string {
  return text.length <= 17 ? text : `${text.slice(0, 8)}…${text.slice(-7)}`;
}

function Conflicts({ person }: { person: PersonDetails }) {
  if (person.conflicts.length === 0) return null;
  return (
    <Section name="Conflicts">
      <p className="mb-2 text-sm text-ink2">Somebody said otherwise before. The later word counts.</p>
      <ul className="text-sm">
        {person.conflicts.map((one) => (
          <li key={`${one.kind} ${one.value} ${one.to_kind} ${one.to_value}`} className="py-0.5">
            <span className="text-ink3">{KINDS[one.kind] ?? one.kind} </span>
            <bdi className="font-mono" title={readable(one.value)}>
              {middleCut(readable(one.value))}
            </bdi>
            <span className="text-ink3"> was {KINDS[one.to_kind] ?? one.to_kind} </span>
            <bdi className="font-mono" title={readable(one.to_value)}>
              {middleCut(readable(one.to_value))}
            </bdi>
            <span className="text-ink3">, {formatDay(one.told_at, person.tz)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
