import { StorepulseProvider } from "@storepulse/tracker/react";
import { useEffect, useState } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { setup } from "./backend";
import { CartPage } from "./pages/cart";
import { CheckoutPage } from "./pages/checkout";
import { Front } from "./pages/front";
import { NotFound } from "./pages/not_found";
import { ProductPage } from "./pages/product";
import { ThanksPage } from "./pages/thanks";
import { Panel } from "./panel/panel";
import { Chat } from "./parts/chat";
import { ConsentBanner } from "./parts/consent_banner";
import { Header } from "./parts/header";

export function App() {
  return (
    <StorepulseProvider initialTests={setup.tests}>
      <Router base="/demo">
        <Shop />
      </Router>
    </StorepulseProvider>
  );
}

function Shop() {
  const [start, setStart] = useState(
    () => new URLSearchParams(location.search).get("start") ?? undefined,
  );
  const [chatOpen, setChatOpen] = useState(start !== undefined);
  const [panelOpen, setPanelOpen] = useState(() => matchMedia("(min-width: 1280px)").matches);
  const [path] = useLocation();
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <div className={panelOpen ? "shop with-panel" : "shop"}>
      <Header
        onChat={() => setChatOpen(!chatOpen)}
        onPanel={() => setPanelOpen(!panelOpen)}
        panelOpen={panelOpen}
      />
      <main>
        <Switch>
          <Route path="/" component={Front} />
          <Route path="/p/:id">{({ id }) => <ProductPage id={id} />}</Route>
          <Route path="/cart" component={CartPage} />
          <Route path="/checkout" component={CheckoutPage} />
          <Route path="/thanks/:order">{({ order }) => <ThanksPage order={order} />}</Route>
          <Route component={NotFound} />
        </Switch>
      </main>
      <footer className="foot">
        <p>
          Aster &amp; Loom is no real shop. It shows what Storepulse makes of a visit: nothing here
          can be bought, and every event stays on this machine.
        </p>
        <a href="/demo/landing">The campaign's landing page</a>
      </footer>
      {chatOpen && <Chat
          start={start}
          onClose={() => {
            setChatOpen(false);
            setStart(undefined); // Opened again, it begins as anybody's does.
          }}
        />}
      {panelOpen && <Panel onClose={() => setPanelOpen(false)} />}
      <ConsentBanner />
    </div>
  );
}
