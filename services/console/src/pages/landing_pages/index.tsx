import { Empty } from "~/parts/states";
import { Page } from "~/shell/page";

export default function LandingPages() {
  return (
    <Page title="Landing pages">
      <Empty title="This page is not there yet" />
    </Page>
  );
}
