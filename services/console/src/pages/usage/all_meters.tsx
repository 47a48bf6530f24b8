import { UNKNOWN, formatCount } from "~/format/numbers";
import { formatMoment } from "~/format/time";
import { type Column, Table } from "~/parts/table";
import { type MeterFigure, limitsText } from "./meters";
import { formatQuantity, meterName, monthName } from "./names";

interface AllMetersProps {
  figures: readonly MeterFigure[];
  chosen: string;
  onChoose: (meter: string) => void;
  month: string;
  zone: string;
}

/** Every meter with all of its figures; choosing one shows it in the chart. */
export function AllMeters({ figures, chosen, onChoose, month, zone }: AllMetersProps) {
  return (
    <section aria-label="All meters" className="border-b border-line pt-3">
      <h2 className="mb-1 px-4">
        <span className="font-semibold">All meters</span> <span className="text-sm text-ink3">{monthName(month)} · choosing one puts it in the chart</span>
      </h2>
      <Table label="All meters" columns={columnsOf(zone)} rows={figures} idOf={(one) => one.meter} chosen={chosen} onOpen={(one) => onChoose(one.meter)} />
    </section>
  );
}

function columnsOf(zone: string): Column<MeterFigure>[] {
  const quantity = (one: MeterFigure, value: string | undefined) => (value === undefined ? formatQuantity(one.meter, 0) : formatQuantity(one.meter, Number(value)));
  return [
    { id: "meter", name: "Meter", phone: "title", cell: (one) => <bdi className="font-medium">{meterName(one.meter)}</bdi> },
    { id: "used", name: "Used", width: "12%", align: "right", phone: "aside", cell: (one) => formatQuantity(one.meter, one.used) },
    { id: "limit", name: "Limit", width: "19%", align: "right", cell: limitsText },
    { id: "events", name: "Events", width: "11%", align: "right", cell: (one) => formatCount(one.usage?.count ?? 0) },
    { id: "sum", name: "Sum", width: "11%", align: "right", from: "lg", cell: (one) => quantity(one, one.usage?.sum) },
    { id: "max", name: "Greatest", width: "11%", align: "right", from: "lg", cell: (one) => quantity(one, one.usage?.max) },
    { id: "last", name: "Latest", width: "11%", align: "right", from: "lg", cell: (one) => quantity(one, one.usage?.last) },
    { id: "at", name: "Latest at", width: "15%", align: "right", phone: "hidden", cell: (one) => (one.usage ? <time dateTime={one.usage.last_at}>{formatMoment(one.usage.last_at, zone)}</time> : UNKNOWN) },
  ];
}
