import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Sources() {
  return (
    <Page title="Sources">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
