import { Page } from "~/shell/page";

export default function UsagePage() {
  return <Page title="Usage">{null}</Page>;
}
