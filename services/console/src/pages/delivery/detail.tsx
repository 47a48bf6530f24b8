import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Foreign } from "~/format/text";
import { formatCount } from "~/format/numbers";
import { formatSeconds, zoneName } from "~/format/time";
import { Badge } from "~/parts/badge";
import { Read } from "~/parts/read";
import { LoadingRows } from "~/parts/states";
import { useStore } from "~/state/store";
import { Acts } from "./acts";
import { Attempts } from "./attempts";
import { BreakerBar } from "./breaker_bar";
import { type Detail, destinationQuery } from "./queries";
import { RetryLadder } from "./retry_ladder";

/** One destination: its oldest request with retries and attempts, its breaker, what it gets. */
export function DestinationDetail({ destination }: { destination: string }) {
  const query = useQuery(destinationQuery(destination));
  return (
    <Read query={query} what={`the destination ${destination}`} loading={<LoadingRows rows={5} />}>
      {({ data }) => <Loaded one={data} />}
    </Read>
  );
}

function Loaded({ one }: { one: Detail }) {
  const zone = useStore().time_zone;
  return (
    <div className="grid gap-x-10 gap-y-5 bg-canvas px-4 pt-3 pb-4 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)] lg:pl-14">
      <OldestRequest one={one} zone={zone} />
      <section aria-label={`Breaker and declaration of ${one.name}`} className="min-w-0">
        <h3 className="mb-2 font-medium">Breaker, last 30 minutes</h3>
        <BreakerBar history={one.breaker.history} zone={zone} zoneName={zoneName(zone)} />
        <Declared one={one} />
        <Acts one={one} />
      </section>
    </div>
  );
}

function OldestRequest({ one, zone }: { one: Detail; zone: string }) {
  const request = one.oldest_request;
  const waits = one.declaration.retry_seconds;
  const isHeld = one.breaker.state !== "closed" && one.status === "active";
  return (
    <section aria-label={`Oldest request of ${one.name}`} className="min-w-0">
      {request ? (
        <>
          <h3 className="mb-2">
            <span className="font-medium">Retries of the oldest request</span>
            <span className="text-ink3">
              {" · "}
              <span className="font-mono text-sm" title={request.batch_id}>
                {request.batch_id.slice(0, 8)}…
              </span>
              {` · ${formatCount(request.events)} ${request.events === 1 ? "event" : "events"}`}
              {isHeld && " · the breaker holds it"}
            </span>
          </h3>
          <RetryLadder waits={waits} attempts={request.attempts} />
          <Attempts log={request.attempt_log} zone={zone} label="Attempts of the oldest request" />
        </>
      ) : (
        <p className="text-ink2">No request waits for a retry.</p>
      )}
      <Failures one={one} zone={zone} />
    </section>
  );
}

/** The newest failed request of each of the last minutes with failures. */
function Failures({ one, zone }: { one: Detail; zone: string }) {
  if (one.failures.length === 0) return <p className="mt-3 text-sm text-ink3">No request failed in the last two days.</p>;
  return (
    <>
      <h3 className="mt-4 mb-1 font-medium">Last failures, the newest of each minute</h3>
      <ol className="flex flex-col gap-1">
        {one.failures.slice(0, 5).map((failure) => (
          <li key={failure.at} className="grid grid-cols-[5.5rem_4.5rem_minmax(0,1fr)] items-center gap-2">
            <time dateTime={failure.at} title={failure.at} className="text-ink2">
              {formatSeconds(failure.at, zone)}
            </time>
            <span>
              <Badge tone="bad">{failure.status ?? "no answer"}</Badge>
            </span>
            <Foreign none="">{failure.error}</Foreign>
          </li>
        ))}
      </ol>
    </>
  );
}

function Declared({ one }: { one: Detail }) {
  const it = one.declaration;
  const gets = [it.streams.join(", ") || "every stream", it.types.length > 0 && `types ${it.types.join(", ")}`, it.consent.length > 0 && `consent: ${it.consent.join(", ")}`, it.include_bots ? "bots too" : "no bots"];
  const sends = [
    it.batch_events === 1 ? "1 event at a time" : `${it.batch_events} events or ${it.batch_seconds} s`,
    `${it.max_in_flight} at a time`,
    it.ordered && "in order",
    it.rate_per_second !== null && `${it.rate_per_second} a second`,
    `waits ${it.timeout_seconds} s for an answer`,
  ];
  return (
    <dl className="mt-3 grid grid-cols-[4.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      <Row name="Gets">{gets.filter(Boolean).join(" · ")}</Row>
      <Row name="Sends">{sends.filter(Boolean).join(" · ")}</Row>
      <Row name="To">
        <Foreign none="not known">{one.address}</Foreign>
      </Row>
      {one.status_reason && (
        <Row name="Says">
          <Foreign cut={false}>{one.status_reason}</Foreign>
        </Row>
      )}
      {one.account_fault && (
        <Row name="Account">
          <Foreign cut={false}>{one.account_fault}</Foreign>
        </Row>
      )}
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
