import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { formatCount } from "~/format/numbers";
import { readable } from "~/format/text";
import { formatClock, formatDay, zoneName } from "~/format/time";
import { Button } from "~/parts/button";
import { Confirm } from "~/parts/dialog";
import { Read } from "~/parts/read";
import { Empty } from "~/parts/states";
import { showToast } from "~/parts/toast";
import { Page } from "~/shell/page";
import { sharedOf, usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { beginsPhase, draftOf, givenOf, textOf } from "./editor/draft";
import { EditorForm, FaultSummary, LeaveGuard, useEditedDraft } from "./editor/editor";
import { MoveDialog } from "./move_actions";
import { type Move, WORDS_OF, canBeEdited } from "./moves";
import { SaveFault } from "./new";
import { NotAllowed } from "./not_allowed";
import { type ExperimentAnswer, experimentQuery, isConflict, resultsQuery, useSave } from "./queries";
import { visitorsOf } from "./words";

const PARENT = { name: "Experiments", to: "/experiments" };

/** The editor of an existing test. */
export default function EditExperiment() {
  const { test: id } = useParams({ strict: false }) as { test: string };
  const store = useStore();
  const blocked = useScope("admin");
  // No refetch that would replace the form while the author edits it.
  const query = useQuery({ ...experimentQuery(store.store_id, id), enabled: blocked === null, refetchOnWindowFocus: false, placeholderData: undefined });
  const [turn, setTurn] = useState(0);
  if (blocked) {
    return (
      <Page title="Edit" parent={PARENT}>
        <NotAllowed what="The editor" blocked={blocked}>
          What the test has shown can be read with the scope “read”.
        </NotAllowed>
      </Page>
    );
  }
  if (query.data) return <Loaded key={`${id} ${turn}`} answer={query.data} onTakeTheirs={() => void query.refetch().then(() => setTurn(turn + 1))} />;
  return (
    <Page title="Edit" parent={PARENT}>
      <Read query={query} what="the test">
        {() => null}
      </Read>
    </Page>
  );
}

interface LoadedProps {
  answer: ExperimentAnswer;
  onTakeTheirs: () => void;
}

function Loaded({ answer, onTakeTheirs }: LoadedProps) {
  const [search] = usePageSearch();
  const test = answer.data;
  if (canBeEdited(test.status)) return <EditForm answer={answer} onTakeTheirs={onTakeTheirs} />;
  return (
    <Page title={readable(test.name)} parent={PARENT}>
      <Empty title={`This test is ${test.status} and cannot be changed`}>
        A change wants a draft, or a test that runs or is paused.{" "}
        <Link to={`/experiments/${test.test_id}`} search={sharedOf(search) as never} className="text-accent underline">
          What it has shown
        </Link>
      </Empty>
    </Page>
  );
}

function EditForm({ answer, onTakeTheirs }: LoadedProps) {
  const { data: test, warnings } = answer;
  const store = useStore();
  const queries = useQueryClient();
  // The version that this form started from, whatever is read later.
  const [read, setRead] = useState(test);
  const edited = useEditedDraft(() => draftOf(test));
  const [isTried, setTried] = useState(false);
  const [asked, setAsked] = useState<Move | "phase" | null>(null);
  const save = useSave(store.store_id, read);
  const before = useMemo(() => givenOf(draftOf(read)), [read]);
  const after = givenOf(edited.draft);
  const isDirty = textOf(before) !== textOf(after);
  const isLive = read.status !== "draft";
  const begins = isLive && beginsPhase(before, after);
  const next = read.phase + 1;
  function send() {
    save.mutate(after, {
      onSuccess: ({ data }) => {
        setRead(data);
        setAsked(null);
        showToast(begins ? `Saved: phase ${data.phase} of “${data.name}” has begun.` : `“${data.name}” is saved.`);
      },
      onError: (error) => {
        setAsked(null);
        edited.setRefused(error);
      },
    });
  }
  function submit() {
    setTried(true);
    edited.setTried(true);
    if (Object.keys(edited.faults).length > 0) return;
    if (begins) setAsked("phase");
    else send();
  }
  /** Overwrites the version that somebody else has saved meanwhile. */
  async function replaceTheirs() {
    const theirs = await queries.fetchQuery({ ...experimentQuery(store.store_id, read.test_id), staleTime: 0 });
    setRead(theirs.data);
    save.reset();
  }
  const moves: Move[] = read.status === "draft" ? ["delete", "start"] : [];
  return (
    <Page
      title={readable(read.name)}
      parent={PARENT}
      actions={
        <>
          <SavedAt at={read.updated_at} isDirty={isDirty} />
          {moves.map((move) => (
            <Button key={move} look={move === "delete" ? "danger" : "default"} blocked={move === "start" && isDirty ? "Save the changes first: what is stored is started." : null} onClick={() => setAsked(move)}>
              {WORDS_OF[move].button}
            </Button>
          ))}
          <Button look="primary" busy={save.isPending} blocked={isDirty ? null : "Nothing has changed since it was saved."} onClick={submit}>
            {begins ? `Start phase ${next}…` : isLive ? "Save" : "Save draft"}
          </Button>
        </>
      }
    >
      {isLive && <PhaseNotice testId={read.test_id} phase={read.phase} status={read.status} begins={begins} isDirty={isDirty} />}
      <FaultSummary edited={edited} isTried={isTried} />
      {isConflict(save.error) ? (
        <Conflict said={save.error.message} version={read.version} onTakeTheirs={onTakeTheirs} onReplace={() => void replaceTheirs()} />
      ) : (
        save.isError && <SaveFault error={save.error} />
      )}
      <EditorForm edited={edited} test={read} warnings={warnings} />
      <LeaveGuard isDirty={isDirty && asked !== "delete"} />
      {asked === "phase" && (
        <Confirm open onOpenChange={(open) => !open && setAsked(null)} title={`Begin phase ${next} of “${readable(read.name)}”?`} act={`Begin phase ${next}`} busy={save.isPending} onConfirm={send}>
          What you have changed is part of what a phase freezes. Phase {read.phase} ends now and keeps its results; visitors are drawn anew, and figures of the two phases are never added up.
        </Confirm>
      )}
      {asked !== null && asked !== "phase" && <MoveDialog test={read} move={asked} onClose={() => setAsked(null)} onMoved={(moved) => moved && setRead(moved)} />}
    </Page>
  );
}

function SavedAt({ at, isDirty }: { at: string; isDirty: boolean }) {
  const zone = useStore().time_zone;
  return (
    <span role="status" className={`text-sm max-md:sr-only ${isDirty ? "text-warn" : "text-ink3"}`} title={at}>
      {isDirty ? "Not saved yet" : `Saved ${formatDay(at, zone)}, ${formatClock(at, zone)} ${zoneName(zone)}`}
    </span>
  );
}

interface NoticeProps {
  testId: string;
  phase: number;
  status: string;
  begins: boolean;
  isDirty: boolean;
}

/** What a change means for a test with visitors. */
function PhaseNotice({ testId, phase, status, begins, isDirty }: NoticeProps) {
  const store = useStore();
  const results = useQuery(resultsQuery(store.store_id, testId));
  const visitors = results.data && visitorsOf(results.data.results);
  const stay = visitors === undefined ? `the visitors of phase ${phase}` : `${formatCount(visitors)} visitors of phase ${phase}`;
  return (
    <p data-notice className="border-b border-line bg-warn-soft px-4 py-2">
      <strong className="font-semibold text-warn">This test {status === "paused" ? "is paused" : "runs"}.</strong>{" "}
      {begins
        ? `What you have changed begins a phase ${phase + 1} with its own results; ${stay} stay as they are.`
        : isDirty
          ? `What you have changed begins no phase: phase ${phase} goes on.`
          : `A change of variants, weights, metrics or rules begins a phase ${phase + 1} with its own results; ${stay} stay as they are.`}
    </p>
  );
}

interface ConflictProps {
  said: string;
  version: number;
  onTakeTheirs: () => void;
  onReplace: () => void;
}

/** A conflict: somebody else saved first, or another test has the visitors. Explains it and offers two ways
 * on. */
function Conflict({ said, version, onTakeTheirs, onReplace }: ConflictProps) {
  const isVersion = said.startsWith("version");
  return (
    <div role="alert" className="flex flex-col gap-2 border-b border-line bg-warn-soft px-4 py-3">
      <p className="max-w-3xl break-words">
        <strong className="font-semibold">Nothing was saved.</strong>{" "}
        {isVersion ? `Somebody has changed this test since you read it as version ${version}. What you have written is still here. ` : ""}
        The API says: <bdi>{readable(said)}</bdi>
      </p>
      {isVersion && (
        <span className="flex flex-wrap gap-2">
          <Button size="small" onClick={onTakeTheirs}>
            Take theirs, drop mine
          </Button>
          <Button size="small" onClick={onReplace}>
            Keep mine, to save over theirs
          </Button>
        </span>
      )}
    </div>
  );
}
