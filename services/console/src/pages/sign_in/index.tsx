import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError, PAGE_FAULT } from "~/api/errors";
import { meQuery, signIn } from "~/api/session";
import { Button } from "~/parts/button";
import { Field } from "~/parts/dialog";
import type { Search } from "~/state/search";

/** Takes a link's one-time token from the URL's fragment and removes it there. A fragment is never sent to a
 * server. */
function takeToken(): string | null {
  const token = location.hash.slice(1);
  if (!token) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

export default function SignIn() {
  const [key, setKey] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enter = useEnter();
  const started = useRef(false);

  async function exchange(proof: Parameters<typeof signIn>[0]) {
    setBusy(true);
    setFault(null);
    try {
      await signIn(proof);
      await enter();
    } catch (error) {
      setFault(sentenceOf(error, "token" in proof));
      setBusy(false);
    }
  }
  useEffect(() => {
    document.title = "Sign in · Storepulse";
    if (started.current) return; // a token can be used only once
    started.current = true;
    const token = takeToken();
    if (token) void exchange({ token });
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (key.trim()) void exchange({ key: key.trim() });
    else setFault("Paste a secret key. It begins with ssk_.");
  }
  return (
    <main className="flex min-h-dvh items-center justify-center bg-canvas p-4">
      <form onSubmit={submit} className="flex w-[26rem] max-w-full flex-col gap-4 rounded-panel border border-line bg-surface p-6">
        <span className="flex size-8 items-center justify-center rounded-control bg-primary text-on-primary">
          <Activity aria-hidden="true" size={18} />
        </span>
        <h1 className="text-verdict font-semibold">Sign in to Storepulse</h1>
        <Field
          label="Secret key"
          type="password"
          autoComplete="current-password"
          value={key}
          onChange={setKey}
          fault={fault}
          hint="It begins with ssk_. What you see and may do here is what the key may."
        />
        <Button look="primary" type="submit" busy={isBusy}>
          {isBusy ? "Signing in" : "Sign in"}
        </Button>
        <p className="text-sm text-ink3">
          On the machine that runs Storepulse, <code className="font-mono">storepulse console</code> prints a link that signs you in by itself.
        </p>
      </form>
    </main>
  );
}

function useEnter() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  return async () => {
    queries.clear();
    await queries.fetchQuery(meQuery);
    const next = search.next && /^\/[a-z]/.test(search.next) ? search.next : "/overview";
    await navigate({ href: `/analytics${next}`, replace: true });
  };
}

function sentenceOf(error: unknown, isLink: boolean): string {
  if (!(error instanceof ApiError)) return PAGE_FAULT;
  if (error.status === 401 && isLink) return "This link was used already, or is too old. “storepulse console” prints a new one; a key works, too.";
  if (error.status === 0) return "The query service did not answer. Is it running?";
  return error.message;
}
