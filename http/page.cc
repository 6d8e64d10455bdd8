#include "http/page.h"

#include <string_view>

#include <fmt/format.h>

#include "http/source_hash.h"

namespace runledger::http {
namespace {

constexpr std::string_view kStyle = R"css(
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}label{display:block;margin:.5rem 0}input{font:inherit;padding:.3rem .5rem;width:16rem}
button{font:inherit;padding:.4rem 1rem}table{border-collapse:collapse}td{padding:.15rem 1.5rem .15rem 0}
progress{width:100%;height:1.2rem}.quiet{color:#57606a}.bad{color:#b3261e}[hidden]{display:none}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}.quiet{color:#9198a1}.bad{color:#ff7b72}}
)css";

constexpr std::string_view kScript = R"js(
"use strict";
const $ = id => document.getElementById(id);
let token = sessionStorage.getItem("token");
const show = () => { $("login").hidden = !!token; $("run").hidden = !token; };
const text = (id, value) => { $(id).textContent = value ?? "-"; };
async function poll() {
  if (!token) return;
  try {
    const answer = await fetch("/api/v1/admin/batch/run/current", {headers: {Authorization: "Bearer " + token}});
    if (answer.status === 401) { token = null; sessionStorage.removeItem("token"); show(); return; }
    const run = await answer.json();
    const busy = run.status === "running";
    text("state", busy ? run.run_status : run.status);
    text("id", run.batch_run_id);
    $("bar").value = busy ? run.progress_percent : 0;
    text("percent", busy ? run.progress_percent.toFixed(1) + " %" : null);
    text("job", busy && run.current_job ? run.current_job.name + " (" + run.current_job.as_of + ")" : null);
    text("portfolio", busy ? run.current_portfolio : null);
    text("jobs", busy ? run.jobs.completed + " of " + run.jobs.total + ", " + run.jobs.failed + " failed, " + run.jobs.skipped + " skipped" : null);
    text("eta", busy && run.eta_seconds !== null ? run.eta_seconds.toFixed(0) + " s" : null);
    text("fault", "");
  } catch (error) { text("fault", "cannot reach the server"); }
  setTimeout(poll, 1000);
}
$("login").addEventListener("submit", async event => {
  event.preventDefault();
  text("fault", "");
  try {
    const answer = await fetch("/api/v1/auth/login", {method: "POST", headers: {"Content-Type": "application/json"},
      body: JSON.stringify({email: $("email").value, password: $("password").value})});
    const body = await answer.json();
    if (!answer.ok) { text("fault", body.detail); return; }
    token = body.access_token;
    sessionStorage.setItem("token", token);
    $("password").value = "";
    show();
    poll();
  } catch (error) { text("fault", "cannot reach the server"); }
});
show();
poll();
)js";

constexpr std::string_view kBody = R"html(
<h1>runledger</h1>
<form id="login" hidden>
<label>E-mail<br><input id="email" type="email" autocomplete="username" required></label>
<label>Password<br><input id="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
<section id="run" hidden aria-live="polite">
<progress id="bar" max="100" value="0" aria-label="Progress of the current run"></progress>
<table>
<tr><td class="quiet">Current run</td><td id="state">-</td></tr>
<tr><td class="quiet">Id</td><td id="id">-</td></tr>
<tr><td class="quiet">Done</td><td id="percent">-</td></tr>
<tr><td class="quiet">Job</td><td id="job">-</td></tr>
<tr><td class="quiet">Portfolio</td><td id="portfolio">-</td></tr>
<tr><td class="quiet">Jobs</td><td id="jobs">-</td></tr>
<tr><td class="quiet">Time left</td><td id="eta">-</td></tr>
</table>
</section>
<p id="fault" class="bad" role="alert"></p>
<p class="quiet">The API is described in <a href="/openapi.json">openapi.json</a>.</p>
)html";

}  // namespace

Page make_page() {
  Page page;
  page.html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>runledger</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<style>{}</style></head><body>{}<script>{}</script>"
      "</body></html>\n",
      kStyle, kBody, kScript);
  page.content_security_policy = fmt::format(
      "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      source_hash(kStyle), source_hash(kScript));
  return page;
}

}  // namespace runledger::http
