import { Segmented } from "~/parts/segmented";
import { useEditing } from "./context";
import { DEVICES, UTM_KEYS } from "./draft";
import { Fault, TextField } from "./fields";

/** The test's audience; an empty field matches everybody. */
export function Audience({ pageTypes }: { pageTypes: readonly string[] }) {
  const { draft, patch } = useEditing();
  return (
    <section aria-labelledby="audience" className="border-b border-line px-4 py-4">
      <h2 id="audience" className="font-semibold">
        Who sees it
      </h2>
      <p className="text-sm text-ink3">An empty field takes everybody. Several values stand with commas between them.</p>
      <div className="mt-3 grid gap-3 md:grid-cols-2">
        <TextField field="traffic" label="Share of visitors who take part" value={draft.traffic} unit="%" onChange={(traffic) => patch({ traffic })} />
        <TextField field="targeting.page_types" label="Page types" value={draft.page_types} list={pageTypes} placeholder="product, home" onChange={(page_types) => patch({ page_types })} />
        <TextField field="targeting.slugs" label="Pages (slugs)" value={draft.slugs} placeholder="red-shoe" onChange={(slugs) => patch({ slugs })} />
        <TextField field="targeting.countries" label="Countries" value={draft.countries} placeholder="PT, ES, FR" onChange={(countries) => patch({ countries })} />
        <fieldset className="min-w-0">
          <legend className="font-medium">Devices</legend>
          <div className="flex flex-wrap gap-x-3">
            {DEVICES.map((one) => (
              <label key={one} className="flex min-h-9 items-center gap-1.5">
                <input
                  type="checkbox"
                  checked={draft.devices.includes(one)}
                  className="size-4 accent-[var(--accent)]"
                  onChange={(event) => patch({ devices: DEVICES.filter((each) => (each === one ? event.target.checked : draft.devices.includes(each))) })}
                />
                {one}
              </label>
            ))}
          </div>
          <Fault field="targeting.devices" />
        </fieldset>
        <div className="min-w-0">
          <p className="mb-1 font-medium">Visitors</p>
          <Segmented
            label="Visitors"
            value={draft.visitors}
            choices={[
              ["all", "All"],
              ["new", "New"],
              ["returning", "Returning"],
            ]}
            onChoose={(visitors) => patch({ visitors })}
          />
        </div>
      </div>
      <Campaigns />
      <Exclusive />
    </section>
  );
}

function Campaigns() {
  const { draft, patch } = useEditing();
  const isSet = Object.values(draft.utm).some(Boolean);
  return (
    <details className="mt-3" open={isSet || undefined}>
      <summary className="min-h-6 font-medium">Campaigns (utm)</summary>
      <div className="mt-2 grid gap-3 md:grid-cols-2">
        {UTM_KEYS.map((one) => (
          <TextField key={one} field={`targeting.utm.${one}`} label={`utm_${one}`} value={draft.utm[one] ?? ""} onChange={(text) => patch({ utm: { ...draft.utm, [one]: text } })} />
        ))}
      </div>
      <Fault field="targeting.utm" />
    </details>
  );
}

/** Tests of one group share no visitor. */
function Exclusive() {
  const { draft, patch } = useEditing();
  const { group } = draft;
  return (
    <div className="mt-3">
      <label className="flex min-h-8 items-center gap-2 font-medium">
        <input
          type="checkbox"
          checked={group !== null}
          className="size-4 accent-[var(--accent)]"
          onChange={(event) => patch({ group: event.target.checked ? { group_id: "", start: "0", end: "5000" } : null })}
        />
        Not together with other tests of a group
      </label>
      {group && (
        <div className="mt-1 grid gap-3 md:grid-cols-3">
          <TextField field="group.group_id" label="Group" value={group.group_id} placeholder="checkout" onChange={(group_id) => patch({ group: { ...group, group_id } })} />
          <TextField field="group.start" label="From bucket" value={group.start} onChange={(start) => patch({ group: { ...group, start } })} />
          <TextField field="group.end" label="Until before" value={group.end} hint="of 10,000 buckets" onChange={(end) => patch({ group: { ...group, end } })} />
        </div>
      )}
      <Fault field="group" />
    </div>
  );
}
