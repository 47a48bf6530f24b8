import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function Destination() {
  return (
    <Page title="Delivery">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
