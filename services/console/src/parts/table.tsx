import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { useKeys } from "~/shell/keys";
import type { Search } from "~/state/search";

export interface Column<Row> {
  id: string;
  name: string;
  cell: (row: Row) => ReactNode;
  /** As a part of the table's width; columns without one share the rest. */
  width?: string;
  align?: "left" | "right";
  /** The API's name of the column's order, and the direction of the first click. Without it, the column
   * cannot be sorted. */
  sort?: { by: string; first: "up" | "down" };
  /** Its place in a row on phones; `line` is below, with the column's name before it. */
  phone?: "title" | "aside" | "line" | "hidden";
  /** The column is hidden in narrower tables. */
  from?: "lg" | "xl";
}

export interface RowLink {
  to: string;
  search?: Search;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  idOf: (row: Row) => string;
  /** "-last_seen" is descending. */
  sort?: string;
  onSort?: (sort: string) => void;
  /** The link of a row to its own page. */
  linkOf?: (row: Row) => RowLink | null;
  /** Opens a row beside the list, or below it if there is a `detailOf`. */
  onOpen?: (row: Row) => void;
  /** Shown below the chosen row; choosing it again closes it. */
  detailOf?: (row: Row) => ReactNode;
  chosen?: string | null;
  toneOf?: (row: Row) => "bad" | undefined;
  /** True while the next page is loading. */
  isBusy?: boolean;
  rowHeight?: number;
}

const FROM = { lg: "max-lg:hidden", xl: "max-xl:hidden" };

/** A list that the API sorts and pages. On phones each row has two or more lines. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, sort, onSort, isBusy } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  useRowKeys(body);
  const sortable = columns.filter((one) => one.sort);
  return (
    <div className="relative min-w-0">
      {onSort && sortable.length > 0 && <PhoneSort columns={sortable} sort={sort} onSort={onSort} />}
      <table role="table" aria-label={label} aria-busy={isBusy || undefined} className="w-full table-fixed border-collapse max-md:block">
        <colgroup className="max-md:hidden">
          {columns.map((column) => (
            <col key={column.id} style={{ width: column.width }} className={column.from && FROM[column.from]} />
          ))}
        </colgroup>
        <thead role="rowgroup" className="sticky top-(--bar) z-10 bg-surface max-md:hidden">
          <tr role="row">
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body} className="max-md:block">
          {rows.map((row) => (
            <RowOf key={props.idOf(row)} row={row} table={props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort?: string; onSort?: (sort: string) => void }) {
  const by = column.sort?.by;
  const direction = by && sort === by ? "ascending" : by && sort === `-${by}` ? "descending" : undefined;
  const side = column.align === "right" ? "justify-end text-right" : "text-left";
  const Arrow = direction === "ascending" ? ArrowUp : ArrowDown;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={direction ?? (by ? "none" : undefined)}
      className={`h-9 border-b border-line px-2 text-sm font-medium text-ink2 first:pl-4 last:pr-4 ${side} ${column.from ? FROM[column.from] : ""}`}
    >
      {by && onSort ? (
        <button
          type="button"
          onClick={() => onSort(nextSort(column, sort))}
          className={`reachable inline-flex max-w-full items-center gap-1 hover:text-ink ${column.align === "right" ? "flex-row-reverse" : ""} ${direction ? "text-ink" : ""}`}
        >
          <span className="truncate">{column.name}</span>
          <Arrow aria-hidden="true" size={12} className={`shrink-0 ${direction ? "" : "invisible"}`} />
        </button>
      ) : (
        <span className="block truncate">{column.name}</span>
      )}
    </th>
  );
}

export function nextSort<Row>(column: Column<Row>, sort: string | undefined): string {
  const { by, first } = column.sort!;
  const [up, down] = [by, `-${by}`];
  if (sort === up) return down;
  if (sort === down) return up;
  return first === "up" ? up : down;
}

interface PhoneSortProps<Row> {
  columns: readonly Column<Row>[];
  sort?: string;
  onSort: (sort: string) => void;
}

function PhoneSort<Row>({ columns, sort, onSort }: PhoneSortProps<Row>) {
  const id = useId();
  return (
    <div className="flex items-center gap-2 border-b border-line px-4 py-1.5 text-sm md:hidden">
      <label htmlFor={id} className="text-ink3">
        Sorted by
      </label>
      <select id={id} value={sort} onChange={(event) => onSort(event.target.value)} className="h-9 min-w-0 flex-1 rounded-control border border-line2 bg-surface px-2">
        {columns.flatMap(({ name, sort: one }) => [
          <option key={`-${one!.by}`} value={`-${one!.by}`}>{`${name}, downwards`}</option>,
          <option key={one!.by} value={one!.by}>{`${name}, upwards`}</option>,
        ])}
      </select>
    </div>
  );
}

function RowOf<Row>({ row, table }: { row: Row; table: TableProps<Row> }) {
  const id = table.idOf(row);
  const detail = table.chosen === id ? table.detailOf?.(row) : undefined;
  return (
    <>
      <MainRow row={row} id={id} table={table} />
      {detail !== undefined && (
        <tr role="row" className="border-b border-line max-md:block">
          <td role="cell" colSpan={table.columns.length} id={`detail-${id}`} className="max-md:block">
            {detail}
          </td>
        </tr>
      )}
    </>
  );
}

function MainRow<Row>({ row, id, table }: { row: Row; id: string; table: TableProps<Row> }) {
  const { columns, linkOf, onOpen, rowHeight = 36 } = table;
  const isChosen = table.chosen === id;
  const tone = isChosen ? "bg-accent-soft" : table.toneOf?.(row) === "bad" ? "bg-bad-soft" : "";
  return (
    <tr
      role="row"
      data-row={id}
      aria-current={isChosen || undefined}
      style={{ "--row": `${rowHeight}px` } as never}
      className={`relative border-b border-line max-md:grid max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-x-3 max-md:px-4 max-md:py-2.5 md:h-(--row) ${tone} ${linkOf || onOpen ? "hover:bg-hover" : ""}`}
    >
      {columns.map((column, place) => (
        <CellOf key={column.id} column={column} row={row} opener={place === 0 ? openerOf(row, id, table) : undefined} />
      ))}
    </tr>
  );
}

/** The row's only link or button, which covers the whole row. It contains the first cell's text. */
function openerOf<Row>(row: Row, id: string, { linkOf, onOpen, detailOf, chosen }: TableProps<Row>): ((text: ReactNode) => ReactNode) | undefined {
  const link = linkOf?.(row);
  const over = "block min-w-0 text-left after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-[-2px] focus-visible:after:outline-accent";
  if (link) {
    return (text) => (
      <Link to={link.to} search={(link.search ?? {}) as never} data-opener={id} className={over}>
        {text}
      </Link>
    );
  }
  if (onOpen) {
    const isOpen = detailOf && chosen === id;
    const state = detailOf ? { "aria-expanded": isOpen, "aria-controls": isOpen ? `detail-${id}` : undefined } : {};
    return (text) => (
      <button type="button" data-opener={id} {...state} onClick={() => onOpen(row)} className={`${over} w-full`}>
        {text}
      </button>
    );
  }
  return undefined;
}

const PHONE = {
  title: "max-md:order-1 max-md:font-medium",
  aside: "max-md:order-2 max-md:text-right",
  line: "max-md:order-3 max-md:col-span-2 max-md:flex max-md:justify-between max-md:gap-3 max-md:text-sm max-md:text-left",
  hidden: "max-md:hidden",
};

interface CellProps<Row> {
  column: Column<Row>;
  row: Row;
  opener?: (text: ReactNode) => ReactNode;
}

function CellOf<Row>({ column, row, opener }: CellProps<Row>) {
  const text = column.cell(row);
  const phone = column.phone ?? (opener ? "title" : "line");
  return (
    <td
      role="cell"
      data-column={column.id}
      className={`min-w-0 overflow-hidden md:px-2 md:first:pl-4 md:last:pr-4 ${column.align === "right" ? "md:text-right" : ""} ${PHONE[phone]} ${column.from ? FROM[column.from] : ""}`}
    >
      {phone === "line" && (
        <span aria-hidden="true" className="shrink-0 text-ink3 md:hidden">
          {column.name}
        </span>
      )}
      {opener ? opener(text) : <div className="min-w-0 truncate">{text}</div>}
    </td>
  );
}

/** J, K and the arrows move through the rows. */
function useRowKeys(body: React.RefObject<HTMLTableSectionElement | null>): void {
  const move = (step: 1 | -1) => {
    const openers = [...(body.current?.querySelectorAll<HTMLElement>("[data-opener]") ?? [])];
    if (openers.length === 0) return false;
    const focused = document.activeElement as HTMLElement | null;
    const at = openers.indexOf(focused!);
    if (at < 0 && focused?.dataset.opener) return false; // the focus is in another table of the page
    const next = at < 0 ? (step === 1 ? 0 : openers.length - 1) : Math.min(openers.length - 1, Math.max(0, at + step));
    openers[next]?.focus();
    return true;
  };
  // The arrows scroll the page, unless a row has the focus.
  const moveFocused = (step: 1 | -1) => (hasFocus(body.current) ? move(step) : false);
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => moveFocused(1), ArrowUp: () => moveFocused(-1), o: () => pressFocused() });
}

function hasFocus(body: HTMLElement | null): boolean {
  const focused = document.activeElement as HTMLElement | null;
  return Boolean(focused?.dataset.opener && body?.contains(focused));
}

function pressFocused(): boolean {
  const focused = document.activeElement as HTMLElement | null;
  if (!focused?.dataset.opener) return false;
  focused.click();
  return true;
}
