import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Carts() {
  return (
    <Page title="Carts">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
