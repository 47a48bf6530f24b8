import { Link } from "@tanstack/react-router";
import { Empty } from "~/parts/states";
import { Page } from "./page";

/** Shown in pages about a store while there is none. */
export function NoStore({ title }: { title: string }) {
  return (
    <Page title={title}>
      <Empty title="There is no store yet">
        A store is there with its first event, and this page fills by itself.{" "}
        <Link to="/overview" className="text-accent underline">
          Put the tag into the shop’s pages
        </Link>
        , or{" "}
        <Link to="/settings" className="text-accent underline">
          make a store under Settings
        </Link>
        .
      </Empty>
    </Page>
  );
}
