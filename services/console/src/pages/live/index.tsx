import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Live() {
  return (
    <Page title="Live">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
