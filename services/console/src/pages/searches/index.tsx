import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Searches() {
  return (
    <Page title="Searches">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
