import { useQuery } from "@tanstack/react-query";
import { RefreshCw, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { readable } from "~/format/text";
import { Button } from "~/parts/button";
import { showToast } from "~/parts/toast";
import { useKeys } from "~/shell/keys";
import { faultText } from "~/api/errors";
import { useAsk, useChosen } from "./acts";
import { useAlikeFilter } from "./filters";
import { groupKey } from "./groups_of";
import { parsePatch } from "./patch";
import { letterAtHand } from "./selected";
import { type Detail, type Replayed, groupsQuery, lettersText, useReopen, useReplay } from "./queries";

/** Acts on the open letter and on letters of the same group. */
export function LetterActs({ detail, patch: text }: { detail: Detail; patch: string }) {
  const { patch, fault } = parsePatch(text);
  const send = useReplay();
  const reopen = useReopen();
  const ask = useAsk();
  const chosen = useChosen();
  const [answer, setAnswer] = useState("");
  const like = useAlikeFilter(detail);
  const alike = useAlike(detail, like.store_id);
  const canReplay = detail.status === "open" && !detail.quarantined;
  const blocked = fault ? "The patch is not finished." : detail.stage === "match" && !detail.destination_id ? "The event was applied: say which destination is to have it." : null;
  const replay = () => {
    setAnswer("");
    send.mutate(
      { ids: [detail.id], patch },
      { onSuccess: (result) => setAnswer(answerOf(result, detail.id)), onError: (error) => setAnswer(faultText(error)) },
    );
  };
  useKeys({
    r: () => {
      const atHand = letterAtHand(undefined) ?? detail.id;
      if (chosen > 0 || atHand !== detail.id || !canReplay || blocked || send.isPending) return false;
      return replay();
    },
  });
  const one = { ids: [detail.id] };
  return (
    <footer aria-label="Acts on this letter" className="sticky bottom-0 flex shrink-0 flex-wrap items-center gap-2 border-t border-line bg-surface px-4 py-2.5 max-md:bottom-14">
      {canReplay && (
        <>
          <Button look="primary" blocked={blocked} busy={send.isPending} icon={<RefreshCw aria-hidden="true" size={14} />} onClick={replay} aria-keyshortcuts="R">
            {patch ? "Replay with patch" : "Replay"}
          </Button>
          {alike > 1 && (
            <Button blocked={blocked} onClick={() => ask({ kind: "replay", choice: { filter: like }, count: alike, name: detail.reason, patch })}>
              {`Replay ${lettersText(alike)} like it…`}
            </Button>
          )}
          <Button look="ghost" blocked={fault ? "The patch is not finished." : null} onClick={() => ask({ kind: "destination", choice: one, count: 1, name: detail.reason, patch })}>
            To a destination…
          </Button>
        </>
      )}
      <span role="status" className="min-w-0 flex-1 text-sm break-words text-ink2">
        {answer}
      </span>
      {(detail.quarantined || detail.status === "discarded" || detail.status === "resolved") && (
        <Button busy={reopen.isPending} icon={<RotateCcw aria-hidden="true" size={14} />} onClick={() => reopen.mutate({ ids: [detail.id], why: "" })}>
          Reopen
        </Button>
      )}
      {detail.status === "open" && (
        <Button look="danger" icon={<Trash2 aria-hidden="true" size={14} />} onClick={() => ask({ kind: "discard", choice: one, count: 1, name: detail.reason })}>
          Discard…
        </Button>
      )}
    </footer>
  );
}

/** Open letters of the same group that a replay would take. */
function useAlike(detail: Detail, store: string | undefined): number {
  const groups = useQuery(groupsQuery({ store_id: store, status: "open" }));
  const own = groups.data?.data.find((one) => groupKey(one) === groupKey(detail));
  return own ? own.letters - own.quarantined : 0;
}

function answerOf(result: Replayed, id: string): string {
  const refusal = result.refused[id] ?? result.skipped[id];
  if (refusal) return `It was not replayed: ${readable(refusal)}`;
  if (result.delivered_before) return "Its destination has the event already: the letter is resolved.";
  const text = result.queued ? "It waits for its destination." : "It is on its way.";
  showToast(`${text} What comes of it shows in its trail.`);
  return text;
}
