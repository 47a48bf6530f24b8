import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, faultText } from "~/api/errors";
import { Button } from "~/parts/button";
import { showToast } from "~/parts/toast";
import { Page } from "~/shell/page";
import { sharedOf, usePageSearch } from "~/state/search";
import { useScope, useStore } from "~/state/store";
import { emptyDraft, givenOf, textOf } from "./editor/draft";
import { EditorForm, FaultSummary, LeaveGuard, useEditedDraft } from "./editor/editor";
import { NotAllowed } from "./not_allowed";
import { useSave } from "./queries";

const PARENT = { name: "Experiments", to: "/experiments" };

export default function NewExperiment() {
  const blocked = useScope("admin");
  if (blocked) {
    return (
      <Page title="New test" parent={PARENT}>
        <NotAllowed what="The editor" blocked={blocked} />
      </Page>
    );
  }
  return <NewForm />;
}

function NewForm() {
  const store = useStore();
  const navigate = useNavigate();
  const [search] = usePageSearch();
  const edited = useEditedDraft(emptyDraft);
  const [isTried, setTried] = useState(false);
  const [begun] = useState(() => textOf(givenOf(edited.draft)));
  const [isSaved, setSaved] = useState(false);
  const save = useSave(store.store_id, null);
  const isDirty = !isSaved && textOf(givenOf(edited.draft)) !== begun;
  function submit() {
    setTried(true);
    edited.setTried(true);
    if (Object.keys(edited.faults).length > 0) return;
    save.mutate(givenOf(edited.draft), {
      onSuccess: ({ data }) => {
        setSaved(true);
        showToast(`“${data.name}” is a draft: nobody sees it before it is started.`);
        setTimeout(() => void navigate({ to: `/experiments/${data.test_id}/edit`, replace: true, search: sharedOf(search) as never }));
      },
      onError: edited.setRefused,
    });
  }
  return (
    <Page
      title="New test"
      parent={PARENT}
      actions={
        <Button look="primary" busy={save.isPending} onClick={submit}>
          Save draft
        </Button>
      }
    >
      <FaultSummary edited={edited} isTried={isTried} />
      {save.isError && <SaveFault error={save.error} />}
      <EditorForm edited={edited} test={null} warnings={[]} />
      <LeaveGuard isDirty={isDirty} />
    </Page>
  );
}

/** Why the API refused a draft. */
export function SaveFault({ error }: { error: Error }) {
  return (
    <p role="alert" className="border-b border-line bg-bad-soft px-4 py-2 break-words">
      <strong className="font-semibold text-bad">Not saved.</strong> {faultText(error)}
      {error instanceof ApiError && error.requestId && <span className="ml-2 font-mono text-sm text-ink3">{error.requestId}</span>}
    </p>
  );
}
