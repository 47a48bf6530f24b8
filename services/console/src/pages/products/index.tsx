import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Products() {
  return (
    <Page title="Products">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
