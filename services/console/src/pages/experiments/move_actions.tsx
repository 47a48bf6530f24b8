import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { faultText } from "~/api/errors";
import { formatPercent } from "~/format/numbers";
import { readable } from "~/format/text";
import { Button } from "~/parts/button";
import { Confirm } from "~/parts/dialog";
import { sharedOf, usePageSearch } from "~/state/search";
import { MOVES_OF, type Move, UNDONE_BY, WORDS_OF, canBeEdited, nextMoveOf } from "./moves";
import { type Experiment, experimentQuery, isConflict, resultsQuery, useMove } from "./queries";
import { Standing } from "./standing";

interface MoveActionsProps {
  /** Undefined while it is loading, and for keys without the permission. */
  test: Experiment | undefined;
  blocked: string | null;
}

/** The moves that a test's state allows. */
export function MoveActions({ test, blocked }: MoveActionsProps) {
  if (blocked) {
    return (
      <Button blocked={blocked}>
        Change this test
      </Button>
    );
  }
  return test ? <Moves test={test} /> : null;
}

function Moves({ test }: { test: Experiment }) {
  const [search] = usePageSearch();
  const [asked, setAsked] = useState<Move | null>(null);
  const direct = useMove(test);
  const results = useQuery({ ...resultsQuery(test.store_id, test.test_id), enabled: test.status !== "draft" });
  const next = nextMoveOf(test.status, results.data?.results.verdict.outcome);
  const press = (move: Move) => {
    if (UNDONE_BY[move] === undefined) setAsked(move);
    else direct.mutate({ move }, { onError: () => setAsked(move) });
  };
  const close = () => {
    setAsked(null);
    direct.reset();
  };
  return (
    <>
      {canBeEdited(test.status) && (
        <Link to={`/experiments/${test.test_id}/edit`} search={sharedOf(search) as never} className="inline-flex h-8 shrink-0 items-center gap-2 rounded-control px-3 font-medium text-ink2 hover:bg-hover hover:text-ink pointer-coarse:h-11">
          <Pencil aria-hidden="true" size={14} />
          Edit
        </Link>
      )}
      {[...MOVES_OF[test.status]].reverse().map((move) => (
        <Button key={move} look={move === next ? "primary" : move === "delete" ? "danger" : "default"} busy={direct.isPending && direct.variables.move === move} onClick={() => press(move)}>
          {WORDS_OF[move].button}
        </Button>
      ))}
      {asked && <MoveDialog key={asked} test={test} move={asked} refused={direct.error} onClose={close} />}
    </>
  );
}

interface MoveDialogProps {
  test: Experiment;
  move: Move;
  /** The refusal of a move that needs no confirmation. */
  refused?: Error | null;
  onClose: () => void;
  /** Called with the test after the move; null if it was deleted. */
  onMoved?: (test: Experiment | null) => void;
}

/** Confirms a move, and shows why it was refused. */
export function MoveDialog({ test, move, refused = null, onClose, onMoved }: MoveDialogProps) {
  const words = WORDS_OF[move];
  const act = useMove(test);
  const navigate = useNavigate();
  const [search] = usePageSearch();
  const [winner, setWinner] = useState<string>("");
  const fault = act.error ?? (act.isIdle ? refused : null);
  const confirm = () =>
    act.mutate(
      { move, winner: winner || null },
      {
        onSuccess: (answer) => {
          onMoved?.(answer?.data ?? null);
          onClose();
          if (move === "delete") void navigate({ to: "/experiments", search: sharedOf(search) as never });
        },
      },
    );
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.title(readable(test.name))}
      act={words.act}
      look={move === "start" || move === "resume" || move === "pause" ? "primary" : "danger-solid"}
      busy={act.isPending}
      fault={fault && <MoveFault error={fault} test={test} onRead={onClose} />}
      onConfirm={confirm}
    >
      <p>{words.does}</p>
      {move === "start" && <StartSummary test={test} />}
      {move === "complete" && <Standing test={test} />}
      {move === "complete" && <WinnerChoice test={test} value={winner} onChoose={setWinner} />}
    </Confirm>
  );
}

/** What starts, in numbers. */
function StartSummary({ test }: { test: Experiment }) {
  return (
    <p className="mt-2">
      {formatPercent(test.traffic / 10_000, 0)} of the visitors whom it is for take part: {test.variants.map((one) => `${readable(one.name)} ${formatPercent(one.weight / 10_000, 2)}`).join(", ")}.
    </p>
  );
}

function WinnerChoice({ test, value, onChoose }: { test: Experiment; value: string; onChoose: (id: string) => void }) {
  const choices = [{ id: "", name: "No winner: the page as it was" }, ...test.variants.map((one) => ({ id: one.variant_id, name: readable(one.name) + (one.is_control ? " (control)" : "") }))];
  return (
    <fieldset className="mt-3">
      <legend className="mb-1 font-medium text-ink">Winner</legend>
      {choices.map((one) => (
        <label key={one.id} className="flex min-h-8 items-center gap-2 pointer-coarse:min-h-11">
          <input type="radio" name="winner" value={one.id} checked={value === one.id} onChange={() => onChoose(one.id)} className="size-4 accent-[var(--accent)]" />
          <bdi className="min-w-0 break-words">{one.name}</bdi>
        </label>
      ))}
    </fieldset>
  );
}

/** Why a move was refused; for a conflict, what it means and a button that reads the current test. */
export function MoveFault({ error, test, onRead }: { error: Error; test: Experiment; onRead: () => void }) {
  const queries = useQueryClient();
  const said = faultText(error);
  if (!isConflict(error)) return <p className="text-bad">{said}</p>;
  const isOlder = error.field === "version" || said.startsWith("version");
  return (
    <div className="rounded-control bg-warn-soft p-3">
      <p>
        <strong className="font-semibold">Nothing was changed.</strong>{" "}
        {isOlder ? `Somebody has changed this test since you read it as version ${test.version}. ` : "The test’s state does not allow it, or another test is in the way. "}
        The API says: <bdi>{said}</bdi>
      </p>
      <button
        type="button"
        className="mt-2 font-medium text-accent underline"
        onClick={() => {
          onRead();
          void queries.invalidateQueries({ queryKey: experimentQuery(test.store_id, test.test_id).queryKey.slice(0, 2) });
        }}
      >
        Read the test again
      </button>
    </div>
  );
}
