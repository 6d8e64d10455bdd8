// Opens a report in Chromium and says what it saw, as JSON: node look.mjs FILE CHROMIUM [SHOT_PREFIX]
// At each width: errors and refusals of the policy, the pictures with their shapes, whether the page
// is wider than the window. Then the PDF: its bytes and pages. Nothing is fetched: any request but
// that for the page is refused and listed.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, executablePath, prefix] = process.argv.slice(2);
if (!file || !executablePath) {
  console.error("usage: node look.mjs FILE CHROMIUM [SHOT_PREFIX]");
  process.exit(2);
}
const address = pathToFileURL(file).href;
const SHAPES = "path, rect, polyline, polygon, circle, line";
const LOOKS = [
  { name: "wide", width: 1920, height: 1200, colorScheme: "light" },
  { name: "desk", width: 1280, height: 900, colorScheme: "light" },
  { name: "dark", width: 1280, height: 900, colorScheme: "dark" },
  { name: "phone", width: 390, height: 844, colorScheme: "light" },
];

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = { looks: [], requests: [], pdf: null, print_width: null, without_script: null };

async function open(options) {
  const context = await browser.newContext(options);
  await context.route("**", (route) => {
    const url = route.request().url();
    if (url === address) {
      return route.continue();
    }
    seen.requests.push(url);
    return route.abort();
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) => window.refused.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  await page.goto(address);
  return { context, page, faults };
}

for (const { name, width, height, colorScheme } of LOOKS) {
  const { context, page, faults } = await open({ viewport: { width, height }, colorScheme });
  for (const drawing of await page.locator("figure.chart .drawing").all()) {
    await drawing.hover();  // A tooltip is drawn, too.
  }
  await page.mouse.move(0, 0);
  const look = await page.evaluate((shapes) => ({
    refused: window.refused,
    page_width: document.documentElement.scrollWidth,
    background: getComputedStyle(document.body).backgroundColor,
    charts: [...document.querySelectorAll("figure.chart")].map((figure) => {
      const box = figure.querySelector(".drawing").getBoundingClientRect();
      const svg = figure.querySelector("svg");
      return {
        id: `${figure.dataset.section}/${figure.dataset.chart}`,
        shapes: svg ? svg.querySelectorAll(shapes).length : 0,
        texts: svg ? svg.querySelectorAll("text").length : 0,
        width: box.width,
        height: box.height,
        label: figure.querySelector("[role=img]").getAttribute("aria-label"),
      };
    }),
  }), SHAPES);
  seen.looks.push({ name, width, faults, ...look });
  if (prefix) {
    await page.screenshot({ path: `${prefix}-${name}.png`, fullPage: true });
  }
  if (name === "dark") {
    const pdf = await page.pdf({ format: "A4", preferCSSPageSize: false, printBackground: true });
    seen.pdf = { bytes: pdf.length, pages: (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length };
    if (prefix) {
      writeFileSync(`${prefix}.pdf`, pdf);
    }
  }
  await context.close();
}

// As wide as the text on A4: what is wider makes a browser shrink the whole page.
const paper = await open({ viewport: { width: 695, height: 1000 } });
await paper.page.emulateMedia({ media: "print" });
await paper.page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
seen.print_width = await paper.page.evaluate(() => document.documentElement.scrollWidth);
await paper.context.close();

const bare = await open({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
seen.without_script = await bare.page.locator("body").innerText();
await bare.context.close();
await browser.close();
console.log(JSON.stringify(seen));
