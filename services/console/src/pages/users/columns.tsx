import { formatMoney } from "~/format/money";
import { UNKNOWN, formatCount } from "~/format/numbers";
import { formatMoment, formatSeen } from "~/format/time";
import type { Column } from "~/parts/table";
import { PersonName, PersonPlace } from "./person_name";
import type { Person } from "./queries";

function Seen({ at, zone, isQuiet = false }: { at: string; zone: string; isQuiet?: boolean }) {
  return (
    <time dateTime={at} title={`${formatMoment(at, zone)} ${zone}\n${at}`} className={isQuiet ? "text-ink2" : ""}>
      {formatSeen(at, zone)}
    </time>
  );
}

function Count({ value }: { value: number | null }) {
  return <span className={value === null || value === 0 ? "text-ink3" : ""}>{formatCount(value)}</span>;
}

/** Events of shop and bot. A person known only by a campaign or an order has none of these. Their other
 * events are not counted here, so a zero would be wrong. */
function Events({ person }: { person: Person }) {
  const isCounted = person.events > 0;
  return (
    <span title={isCounted ? undefined : "Known by a campaign or an order alone: only events of shop and bot are counted"}>
      <Count value={isCounted ? person.events : null} />
    </span>
  );
}

/** "€387.00", and the number of other currencies. */
function Spent({ person }: { person: Person }) {
  if (person.spent === null) return <span className="text-ink3">{UNKNOWN}</span>;
  const others = person.spents.filter((one) => one.currency !== person.currency);
  const all = others.map((one) => formatMoney(one.total_spent, one.currency)).join(" · ");
  return (
    <span title={all ? `and ${all}` : undefined}>
      {formatMoney(person.spent, person.currency)}
      {others.length > 0 && <span className="text-ink3"> +{others.length}</span>}
    </span>
  );
}

export function columnsOf(zone: string): Column<Person>[] {
  return [
    { id: "name", name: "User", sort: { by: "name", first: "up" }, cell: (person) => <PersonName person={person} /> },
    { id: "place", name: "Chat or visitor", width: "17%", phone: "line", cell: (person) => <PersonPlace person={person} /> },
    { id: "last_seen", name: "Last seen", width: "11%", phone: "aside", sort: { by: "last_seen", first: "down" }, cell: (person) => <Seen at={person.last_seen} zone={zone} /> },
    { id: "first_seen", name: "First seen", width: "10%", phone: "hidden", from: "lg", sort: { by: "first_seen", first: "down" }, cell: (person) => <Seen at={person.first_seen} zone={zone} isQuiet /> },
    { id: "events", name: "Events", width: "8%", align: "right", phone: "hidden", sort: { by: "events", first: "down" }, cell: (person) => <Events person={person} /> },
    { id: "messages", name: "Messages", width: "8.5%", align: "right", phone: "hidden", sort: { by: "messages", first: "down" }, cell: (person) => <Count value={person.messages} /> },
    { id: "images", name: "Images", width: "7.5%", align: "right", phone: "hidden", from: "lg", sort: { by: "images", first: "down" }, cell: (person) => <Count value={person.images} /> },
    { id: "orders", name: "Orders", width: "7.5%", align: "right", phone: "hidden", sort: { by: "orders", first: "down" }, cell: (person) => <Count value={person.orders} /> },
    { id: "spent", name: "Spent", width: "10%", align: "right", sort: { by: "spent", first: "down" }, cell: (person) => <Spent person={person} /> },
  ];
}

/** Every column by which the API sorts. */
export const SORTS = columnsOf("UTC").flatMap((column) => (column.sort ? [column.sort.by] : []));
