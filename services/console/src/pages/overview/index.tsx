import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Overview() {
  return (
    <Page title="Overview">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
