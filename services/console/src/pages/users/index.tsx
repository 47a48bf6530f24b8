import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Users() {
  return (
    <Page title="Users">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
