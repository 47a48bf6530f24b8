import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleHelp, ShieldAlert, ShieldCheck } from "lucide-react";
import { type Pipeline, pipelineQuery } from "~/api/pipeline";
import { formatAge, formatBehind, formatClock, zoneName } from "~/format/time";
import { sharedOf, usePageSearch } from "~/state/search";
import { useStore } from "~/state/store";

/** Audits run hourly: if the newest is older than two hours, they have stopped. */
const OLD = 2 * 3_600_000;

/** The result of the newest audit: "All events accounted for", or the difference in red. */
export function Foot() {
  const { data, isError } = useQuery(pipelineQuery);
  const [search] = usePageSearch();
  const { time_zone: zone } = useStore();
  const { tone, title, Icon } = promiseOf(data);
  return (
    <Link
      to="/overview"
      search={sharedOf(search) as never}
      className="flex min-h-[3.25rem] items-start gap-2 rounded-panel border border-line bg-surface p-2 hover:bg-hover"
    >
      <Icon aria-hidden="true" size={16} className={`mt-0.5 shrink-0 ${tone}`} />
      <span className="min-w-0">
        <span className={`block font-medium ${tone === "text-bad" ? tone : ""}`}>{title}</span>
        <span className="block text-sm text-ink3">{data ? detailOf(data, zone) : isError ? "It could not be read; asked again" : "reading"}</span>
      </span>
    </Link>
  );
}

/** The statement that the newest audit supports. */
export function promiseOf(pipeline: Pipeline | undefined, now = Date.now()) {
  const audit = pipeline?.audit;
  if (!audit) return { tone: "text-ink3", title: pipeline ? "No audit yet" : "Not known", Icon: CircleHelp };
  if (!audit.balanced) {
    const many = `${audit.differences} ${audit.differences === 1 ? "difference" : "differences"}`;
    return { tone: "text-bad", title: `The sum is off: ${many}`, Icon: ShieldAlert };
  }
  if (now - Date.parse(audit.at) > OLD) return { tone: "text-warn", title: "The last audit is old", Icon: ShieldAlert };
  return { tone: "text-ok", title: "All events accounted for", Icon: ShieldCheck };
}

function detailOf(pipeline: Pipeline, zone: string): string {
  const { audit, processing } = pipeline;
  const parts = [];
  if (audit) {
    const isOld = Date.now() - Date.parse(audit.at) > OLD;
    parts.push(isOld ? formatAge(audit.at) : `${formatClock(audit.at, zone)} ${zoneName(zone)}`);
  }
  if (processing) parts.push(`${formatBehind(processing.behind_seconds)} behind`);
  return parts.join(" · ");
}
