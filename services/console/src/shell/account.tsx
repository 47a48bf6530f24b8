import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { meQuery, signOut } from "~/api/session";
import { readable } from "~/format/text";
import { Button } from "~/parts/button";
import { Segmented } from "~/parts/segmented";
import { showToast } from "~/parts/toast";
import { singleKeysAreOn, switchSingleKeys } from "./keys";
import { type Theme, chooseTheme, themeChosen } from "./theme";

/** The signed-in key, the theme, and signing out. */
export function Account() {
  const me = useSuspenseQuery(meQuery).data;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [theme, setTheme] = useState(themeChosen);
  const [keys, setKeys] = useState(singleKeysAreOn);
  async function leave() {
    try {
      await signOut();
    } catch {
      showToast("Could not sign out: the query service did not answer. Try again.");
      return;
    }
    queries.clear();
    await navigate({ to: "/sign-in", search: {} as never });
  }
  return (
    <div className="flex flex-col gap-3 border-t border-line py-3">
      <p className="text-sm text-ink2">
        Signed in by the key <bdi className="font-mono">{readable(me.name ?? me.hint)}</bdi>, which has {me.scopes.join(", ")}.
      </p>
      <Segmented
        label="Theme"
        value={theme}
        choices={[
          ["system", "System"],
          ["light", "Light"],
          ["dark", "Dark"],
        ]}
        onChoose={(next: Theme) => {
          setTheme(next);
          chooseTheme(next);
        }}
      />
      <label className="flex min-h-6 items-center gap-2">
        <input
          type="checkbox"
          checked={keys}
          className="size-4 accent-[var(--accent)]"
          onChange={(event) => {
            setKeys(event.target.checked);
            switchSingleKeys(event.target.checked);
          }}
        />
        Single keys as shortcuts
      </label>
      <Button icon={<LogOut aria-hidden="true" size={14} />} onClick={() => void leave()}>
        Sign out
      </Button>
    </div>
  );
}
