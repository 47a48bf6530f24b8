import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Campaigns() {
  return (
    <Page title="Campaigns">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
