// The dashboard: one page of the server, many in the browser.
import "./style/app.css";
import { render, type JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter-preact";
import { startLive } from "./lib/live";
import { session } from "./lib/session";
import { Events } from "./pages/events";
import { Jobs } from "./pages/jobs";
import { Login } from "./pages/login";
import { Now } from "./pages/now";
import { Portfolio } from "./pages/portfolio";
import { Portfolios } from "./pages/portfolios";
import { RunPage } from "./pages/run";
import { Runs } from "./pages/runs";
import { System } from "./pages/system";
import { Empty } from "./parts/states";
import { Shell } from "./shell";

function Missing(): JSX.Element {
  return <Empty title="There is no such page">The address leads nowhere. <a href="/">To the current run</a></Empty>;
}

function App(): JSX.Element {
  const [location] = useLocation();
  const search = useSearch();
  useEffect(() => window.scrollTo(0, 0), [location]);
  if (session.value === null) {
    const here = location + (search ? `?${search}` : "");
    return location === "/login" ? <Login /> : <Redirect to={here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`} replace />;
  }
  if (location === "/login") {
    const next = new URLSearchParams(search).get("next") ?? "/";
    // Only a path of this server: "//host" would be another one's.
    return <Redirect to={/^\/(?![/\\])/.test(next) ? next : "/"} replace />;
  }
  return (
    <Shell>
      <Switch>
        <Route path="/" component={Now} />
        <Route path="/runs" component={Runs} />
        <Route path="/runs/:id">{(at) => <RunPage key={at.id} id={at.id} />}</Route>
        <Route path="/portfolios" component={Portfolios} />
        <Route path="/portfolios/:id">{(at) => <Portfolio key={at.id} id={decodeURIComponent(at.id)} />}</Route>
        <Route path="/jobs" component={Jobs} />
        <Route path="/events" component={Events} />
        <Route path="/system" component={System} />
        <Route><Missing /></Route>
      </Switch>
    </Shell>
  );
}

startLive();
render(<App />, document.getElementById("app") ?? document.body);
