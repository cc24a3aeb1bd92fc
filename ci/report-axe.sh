#!/usr/bin/env bash
# Looks at an HTML report as its readers do: checks it with axe in Debian's Chromium, at 390 and 1440
# pixels, light and dark, closed and opened; says how long it takes to open; takes pictures.
#
#   ci/report-axe.sh REPORT.html [PICTURES]
#
# Exits with 1 where axe finds something. Needs Chromium, Node and the registry of npm.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: ci/report-axe.sh REPORT.html [PICTURES]" >&2; exit 64; }
report=$(realpath "$1")
pictures=${2:-}
[ -z "$pictures" ] || { mkdir -p "$pictures"; pictures=$(realpath "$pictures"); }
"$(dirname "$0")"/install.sh chromium
# Node comes with npm where it is not Debian's own.
command -v npm >/dev/null || "$(dirname "$0")"/install.sh nodejs npm
tools=${AXE_TOOLS:-$(dirname "$0")/../target/report-axe}
mkdir -p "$tools"
cd "$tools"
[ -d node_modules/axe-core ] || npm install --silent --no-save --prefix . axe-core@4 puppeteer-core@24

cat >look.mjs <<'END'
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const puppeteer = require("puppeteer-core");
const axe = require.resolve("axe-core/axe.min.js");
const [report, pictures] = process.argv.slice(2);

const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
let found = 0;
for (const width of [390, 1440]) {
  for (const scheme of ["light", "dark"]) {
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    page.on("pageerror", (error) => { found += 1; console.log(`script: ${error}`); });
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) { found += 1; console.log(`network: ${request.url()}`); }
    });
    const begun = performance.now();
    await page.goto(pathToFileURL(report).href, { waitUntil: "load" });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    const opened = performance.now() - begun;
    for (const state of ["closed", "opened"]) {
      if (state === "opened") {
        await page.evaluate(() => {
          for (const one of document.querySelectorAll(".card details")) one.open = true;
          for (const one of [...document.querySelectorAll(".case")].slice(0, 6)) one.open = true;
          return new Promise((done) => setTimeout(done, 100));
        });
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wide) { found += 1; console.log(`${width} ${scheme} ${state}: the page scrolls sideways`); }
      if (pictures) {
        await page.screenshot({ path: `${pictures}/${width}-${scheme}-${state}.png`,
          clip: { x: 0, y: 0, width, height: Math.min(6000, await page.evaluate(() => document.body.scrollHeight)) } });
      }
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
      for (const { id, help, nodes } of violations) {
        found += 1;
        console.log(`${width} ${scheme} ${state}: ${id}: ${help} (${nodes.length}): ${nodes[0].html.slice(0, 200)}`);
      }
    }
    console.log(`${width} ${scheme}: opened in ${opened.toFixed(0)} ms`);
    await page.close();
  }
}
await browser.close();
console.log(found ? `${found} found` : "nothing found");
process.exit(found ? 1 : 0);
END
node look.mjs "$report" "$pictures"
