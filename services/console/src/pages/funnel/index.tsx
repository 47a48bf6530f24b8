import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Funnel() {
  return (
    <Page title="Funnel">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
