import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Timeline() {
  return (
    <Page title="Timeline">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
