// Opens the pages of the samples in Chromium and uses them as a reader would.
//
//   node browser.test.mjs PAGES [PICTURES]
//
// STRATASCOPE_BROWSER_PARTS names the parts to run, such as pairs,cells; all of them without.
//
// PAGES holds the pages that `STRATASCOPE_PAGES=PAGES go test ./report -run TestPagesForLooking` wrote; pictures go
// into PICTURES if it is given. Without playwright-core, axe-core (npm install here) or Chromium it says so and ends
// with 0.
import { existsSync, statSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(process.env.STRATASCOPE_NODE_MODULES ? path.join(process.env.STRATASCOPE_NODE_MODULES, "x.js") : import.meta.url);
const [pages, pictures] = process.argv.slice(2);
const only = process.env.STRATASCOPE_BROWSER_PARTS?.split(",");

function skip(why) { console.log(`browser test skipped: ${why}`); process.exit(0); }

let chromium, axePath;
try {
  ({ chromium } = require("playwright-core"));
  axePath = require.resolve("axe-core/axe.min.js");
} catch { skip("playwright-core or axe-core is not installed (npm install in report/browsertest)"); }
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
if (!executablePath) skip("no Chromium (set CHROMIUM to its path)");
if (!pages || !existsSync(pages)) { console.error("usage: node browser.test.mjs PAGES [PICTURES]"); process.exit(2); }

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const failures = [];
let checks = 0;

function check(what, got, want) {
  checks++;
  const same = typeof want === "function" ? want(got) : JSON.stringify(got) === JSON.stringify(want);
  if (!same) failures.push(`${what}: found ${JSON.stringify(got)}${typeof want === "function" ? "" : `, want ${JSON.stringify(want)}`}`);
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });

/** Open a page; every request but for the file itself, and every error, is a failure. */
async function open(name, { viewport = wide, theme = "light", hash = "", scripts = true } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, javaScriptEnabled: scripts, reducedMotion: "reduce" });
  const page = await context.newPage();
  const file = "file://" + path.join(path.resolve(pages), name + ".html");
  page.on("request", (r) => { if (!r.url().startsWith("data:") && r.url().split("#")[0] !== file) failures.push(`${name}: asks for ${r.url()}`); });
  page.on("pageerror", (e) => failures.push(`${name}: ${e.message}`));
  page.on("console", (m) => { if (m.type() === "error") failures.push(`${name}: ${m.text()}`); });
  page.on("dialog", (d) => { failures.push(`${name}: a dialog says ${d.message()}`); d.dismiss(); });
  await page.goto(file + hash);
  return page;
}

const text = (page, selector) => page.locator(selector).first().innerText();
const attribute = (page, selector, name) => page.locator(selector).first().getAttribute(name);
const address = (page) => page.evaluate(() => location.hash);
const theme = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

async function layers() {
  const page = await open("sample");
  check("the layer at first", await text(page, ".panel h3"), "Layer 45 of 50");
  const box = await page.locator(".lying > svg").boundingBox();
  const at = (layer) => [box.x + (box.width * (layer - 0.5)) / 50, box.y + 140];
  await page.mouse.move(...at(14));
  check("the layer under the pointer", await text(page, ".panel h3"), "Layer 14 of 50");
  check("a clear layer", await text(page, ".panel .touch"), "No finding touches this layer.");
  await page.mouse.click(...at(22));
  await page.mouse.move(10, 10);
  check("the held layer", await text(page, ".panel h3"), "Layer 22 of 50");
  check("the address", await address(page), "#layer=22");
  check("the row of its finding is marked", await page.locator("#finding-4.touched").count(), 1);
  await page.keyboard.press("ArrowRight");
  check("the next layer by key", await address(page), "#layer=23");
  await page.locator(".lying").focus();
  await page.keyboard.press("End");
  check("the last layer by key", await text(page, ".panel h3"), "Layer 50 of 50");
  await page.keyboard.press("Home");
  check("the first layer by key", await text(page, ".panel h3"), "Layer 1 of 50");
  await page.keyboard.press("Enter");
  check("its finding is opened", await page.locator("#finding-5 details[open]").count(), 1);
  await page.keyboard.press("Escape");
  check("let go", [await address(page), await text(page, ".panel h3")], ["", "Layer 45 of 50"]);
  await page.keyboard.press("f");
  check("the next finding", await page.locator("#finding-1 details[open]").count(), 1);
  await page.keyboard.press("?");
  check("the list of keys", await page.locator("dialog[open]").count(), 1);
  await page.keyboard.press("Escape");
  await page.locator(".pill[data-finding='6']").first().click();
  check("a pill opens its finding", await page.locator("#finding-7 details[open]").count(), 1);
  const took = await page.evaluate(() => {
    const map = document.querySelector(".lying"), box = document.querySelector(".lying > svg").getBoundingClientRect(), times = [];
    for (let i = 0; i < 200; i++) {
      const start = performance.now();
      map.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse", clientX: box.x + (box.width * (i % 50 + 0.5)) / 50, clientY: box.y + 100 }));
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[100];
  });
  console.log(`hover answers in ${took.toFixed(2)} ms (median of 200)`);
  await page.context().close();
}

/** A network of 300 layers: blocks open and close by mouse and by key, and the address tells which are open. */
async function blocks() {
  for (const viewport of [wide, phone]) {
    const page = await open("many", { viewport });
    const map = viewport === wide ? ".lying" : ".standing", where = viewport === wide ? "wide" : "phone";
    const shown = (selector) => page.locator(`${map} ${selector}`);
    const layer = viewport === wide ? ".panel h3" : ".panel .brief strong";
    check(`${where}: a closed block is held`, await text(page, layer), (s) => s.startsWith("Layers 7\u201312"));
    check(`${where}: strata`, await shown("[data-cell] > .tint").count(), 50);
    check(`${where}: the worst and how many`, [await shown(".count[data-cell='7'] .s-major").count(), (await shown(".count[data-cell='7']").textContent())], [1, "1"]);
    const box = await shown("g[data-cell='7'] > .tint").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    check(`${where}: a clicked block opens`, [await address(page), await shown("g.opened-block:not(.closer) > .tint").count(), await shown("g[data-cell='7']:has(> .tint)").isVisible()], ["#layer=43&open=43", 6, false]);
    check(`${where}: its first layer`, await text(page, layer), (s) => s.startsWith("Layer 43"));
    await page.locator(map).focus();
    await page.keyboard.press("ArrowRight");
    check(`${where}: the next layer in it`, await address(page), "#layer=44&open=43");
    await page.keyboard.press("Escape");
    check(`${where}: Escape closes it`, [await address(page), await shown("g.opened-block").count()], ["#layer=43", 0]);
    check(`${where}: the drawing is as it was`, await shown("g[data-cell='7'] > .tint").boundingBox(), (b) => Math.abs(b.x - box.x) < 1 && Math.abs(b.width - box.width) < 1 && Math.abs(b.height - box.height) < 1);
    await page.keyboard.press("ArrowRight");
    check(`${where}: the next block`, await text(page, layer), (s) => s.startsWith("Layers 49\u201354"));
    await page.keyboard.press("Enter");
    check(`${where}: Enter opens it`, await address(page), "#layer=49&open=49");
    await page.reload();
    check(`${where}: the copied link`, await shown("g.opened-block:not(.closer) > .tint").count(), 6);
    await shown(".closer").click();
    check(`${where}: a click closes it`, await address(page), "#layer=49");
    await page.context().close();
  }
  const page = await open("many");
  await page.getByRole("button", { name: "Open the block" }).click();
  check("the panel opens a block", await page.locator(".lying g.opened-block").count(), 2);
  await page.evaluate(() => { navigator.clipboard.writeText = async (s) => { window.copied = s; }; });
  await page.getByRole("button", { name: "Copy as SVG" }).click();
  check("the closed form is hidden in the copied drawing", await page.evaluate(() => window.copied.split('display="none"').length - 1), 2);
  await page.locator(".lying .closer").focus();
  await page.keyboard.press("Enter");
  check("its bracket closes it by key", await page.locator(".lying g.opened-block").count(), 0);
  await page.context().close();
  const still = await open("many", { scripts: false });
  await still.locator(".map .more > summary").click();
  await still.locator(".map .more details > summary").nth(1).click();
  check("the list of a block without scripts", await still.locator(".map .more details[open] pre").innerText(), (s) => s.startsWith("7    blocks.1.attn.qkv") && s.trim().split("\n").length === 6);
  await still.context().close();
}

/** Parallel paths lie in lanes of one column. */
async function lanes() {
  const page = await open("branches");
  const box = await page.locator(".lying > svg").boundingBox();
  const top = Number(await attribute(page, ".lying", "data-top"));
  // The second of 16 columns after the stem holds two lanes: 3x3 above, 5x5 below.
  for (const [lane, name] of [[0, "mixed1.branch3x3.conv"], [1, "mixed1.branch5x5.conv"]]) {
    await page.mouse.move(box.x + (box.width * 3.5) / 16, box.y + top + 23 + 46 * lane);
    check(`lane ${lane}`, await text(page, ".panel .name"), name);
  }
  await page.mouse.click(box.x + (box.width * 3.5) / 16, box.y + top + 69);
  check("its holder", [await attribute(page, ".lying .holder", "y"), await attribute(page, ".lying .holder", "height")], [String(top + 44), "49"]);
  check("its half of the column in the tracks", await page.locator(".lying .column.held").evaluate((e) => [e.getAttribute("x"), e.getAttribute("width")]), ["21.875%", "3.125%"]);
  await page.context().close();
}

async function pairs() {
  const page = await open("sample", { hash: "#layer=14&pair=42,48" });
  check("the copied link's layer", await text(page, ".panel h3"), "Layer 14 of 50");
  check("the copied link's pair", [await text(page, ".pair .first"), await text(page, ".pair .second")], ["42 layer4.0.conv2", "48 layer4.2.conv2"]);
  check("what the pair means", await text(page, ".means"), (s) => s.includes("Both layers lie in FIT-04"));
  check("its interval", await text(page, ".pair .range"), (s) => /^95 % range 0\.9\d to (0\.9\d|1\.00)$/.test(s));
  const square = page.locator(".heat .square");
  await square.scrollIntoViewIfNeeded();
  const box = await square.boundingBox();
  await page.mouse.click(box.x + (box.width * 9.5) / 50, box.y + (box.height * 2.5) / 50);
  check("a clicked pair", await address(page), "#layer=14&pair=10,3");
  await page.locator(".heat").focus();
  await page.keyboard.press("ArrowDown");
  check("a cell by key", await address(page), "#layer=14&pair=10,4");
  const marked = () => page.evaluate(() => [".held-column x", ".held-column width", ".held-row y", ".held-row height"].map((s) => s.split(" ")).map(([c, a]) => document.querySelector(".heat " + c).getAttribute(a)));
  check("the held layer's row and column", await marked(), ["26%", "2%", "26%", "2%"]);
  await page.evaluate(() => document.querySelector(".lying").dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse", clientX: document.querySelector(".lying > svg").getBoundingClientRect().right - 2, clientY: document.querySelector(".lying > svg").getBoundingClientRect().top + 100 })));
  check("those of the layer under the pointer", await marked(), ["98%", "2%", "98%", "2%"]);
  await page.context().close();
}

/** The heatmap shows any measure, and the pair all of them. */
async function measures() {
  const page = await open("sample", { hash: "#pair=30,33" });
  const picture = () => attribute(page, ".heat img", "src"), cka = await picture();
  const row = (k) => page.locator(".measures tbody tr").nth(k).locator("td").allInnerTexts();
  check("the pair by CKA", await row(0), (r) => r[0] === "0.96" && r[1] === "0.94 to 0.98" && r[2] === "< 10\u207b\u00b2\u2076" && r[3] === "95 %");
  check("and by neighbours", await row(2), (r) => r[0] === "0.12" && /^6\d %$/.test(r[3]));
  check("that they disagree", await text(page, ".agree.apart"), (s) => s.startsWith("The measures disagree: 53 % of all pairs"));
  await page.getByRole("button", { name: "mutual 10-NN" }).click();
  check("another measure", [await address(page), await text(page, ".pair .big"), await text(page, ".pair .range"), (await picture()) === cka], ["#pair=30,33&measure=3", "0.12", "95 % range 0.10 to 0.14", false]);
  check("its name and samples", await text(page, "#similarity > header p"), "mutual 10-NN, 1\u202f024 samples");
  await page.keyboard.press("m");
  check("the disagreement by key", [await address(page), await text(page, ".pair .big")], ["#pair=30,33&measure=4", "0.53"]);
  check("which button is pressed", await page.locator("#similarity > header [aria-pressed=true]").allInnerTexts(), ["disagreement"]);
  await page.keyboard.press("m");
  check("and CKA again", [await address(page), (await picture()) === cka], ["#pair=30,33", true]);
  await page.getByRole("button", { name: "shape distance" }).click();
  check("the scale of a distance", await page.locator("#similarity > header .ramp span").allInnerTexts(), ["1.57", "0"]);
  await page.locator(".apart > summary").click();
  await page.locator("[data-pair]").first().click();
  check("a pair of the list is held", await address(page), "#pair=27,35&measure=2");
  await page.reload();
  check("the copied link", await text(page, ".measures .drawn th"), (s) => s.startsWith("shape distance"));
  await page.locator(".heat").focus();
  await page.keyboard.press("Enter");
  check("marks of disagreement in cells", await page.locator(".heat .mark").count(), 72);
  await page.context().close();
  const still = await open("sample", { scripts: false });
  check("all measures without scripts", await still.locator(".measures tbody tr").count(), 3);
  await still.locator(".inside > details > summary").click();
  check("the inside of layers without scripts", await still.locator(".inside tbody tr").allInnerTexts(), (r) => r.length === 4 && /0.75\s\(0.70 to 0.80\)/.test(r[0]) && r[2].includes("all samples are alike"));
  await still.locator(".links > summary").click();
  check("the links without scripts", await still.locator(".links tbody tr").allInnerTexts(), (r) => r.length === 3 && r[0].includes("0.900 (0.880 to 0.920)") && r[0].includes("\u22121.6") && r[0].includes("0.950"));
  await still.context().close();
  const long = await open("thousand", { hash: "#pair=3,5" });
  check("what the page does not carry of another pair", await long.locator(".measures tbody tr").nth(1).locator("td").allInnerTexts(), ["in the result file", "", "", ""]);
  await long.context().close();
  const asked = await open("asked", { hash: "#pair=1,50" });
  check("without the input a pair may be below 0", await asked.locator(".measures tbody tr").nth(3).locator("td").allInnerTexts(), (r) => r[0] === "\u22120.40" && r[1] === "\u22120.43 to \u22120.37");
  check("what permutations say", await asked.locator(".pair > p.quiet", { hasText: "permutations" }).count(), 1);
  await asked.context().close();
}

/** Cosines of classes inside the held layer. */
async function insides() {
  const page = await open("sample", { hash: "#layer=46" });
  const texts = (selector) => page.locator(selector).allTextContents();
  check("the held layer's inside", await text(page, ".inside .which"), "45 layer4.1.conv2");
  check("its lines", await texts(".facts dd"), (f) => f.length === 7 && f[2] === "crazing and inclusion: 0.34; within them 0.67 and 0.67" && f[6] === "64 units compared, 4 parallel to another, 3 in the largest group; 3 clusters, silhouette 0.20");
  check("its cosines less the mean", [await page.locator(".cosines .value").count(), await page.locator(".cosines .value").first().textContent(), await texts(".inside .ramp span:not(.bar)")], [36, "0.67", ["\u22120.70", "0.70"]]);
  const picture = () => attribute(page, ".cosines img", "src"), centred = await picture();
  await page.getByRole("button", { name: "as it is" }).click();
  check("as they are", [await address(page), (await picture()) === centred, await page.locator(".cosines .value").first().textContent()], ["#layer=46&cosine=raw", false, "0.65"]);
  check("the other measure stays chosen", await texts("#similarity > header [aria-pressed=true]"), ["debiased linear CKA"]);
  await page.locator(".cosines").focus();
  await page.keyboard.press("ArrowRight");
  check("a cell by key", await text(page, "#cosine-says"), "Within crazing: 0.65");
  await page.keyboard.press("ArrowRight");
  check("the next cell by key", await text(page, "#cosine-says"), "crazing and inclusion: 0.55");
  const box = await page.locator(".cosines .square").boundingBox();
  await page.mouse.move(box.x + (box.width * 2.5) / 6, box.y + (box.height * 5.5) / 6);
  check("the cell under the pointer", await text(page, "#cosine-says"), (s) => s.startsWith("patches and scratch: 0.4"));
  await page.mouse.move(box.x - 20, 10);
  check("the held cell again", await text(page, "#cosine-says"), "crazing and inclusion: 0.55");
  await page.reload();
  check("the copied link", await texts(".inside .choice [aria-pressed=true]"), ["as it is"]);
  await page.locator(".within details > summary").click();
  check("the table of what is drawn", await page.locator(".cosine-table").innerText(), (s) => s.startsWith("no.  name             0     1 ") && s.split("\n")[1].startsWith("0    crazing          0.65  0.55"));
  await page.locator(".lying").focus();
  await page.keyboard.press("Home");
  check("a layer before all whose inside is known", await text(page, ".inside .which"), "2 layer1.0.conv1");
  await page.context().close();
  const unknown = await open("sample", { hash: "#layer=23" });
  check("why an inside is not known", [await unknown.locator(".facts").innerText(), await unknown.locator(".cosines").isVisible()], ["Not known\nAll samples are alike", false]);
  await unknown.context().close();
  const still = await open("sample", { scripts: false });
  check("the inside without scripts", [await still.locator(".facts dd").count(), await still.locator(".cosines").isVisible()], [7, false]);
  await still.context().close();
  const many = await open("many");
  check("of many layers one inside", [await many.locator(".cosines").count(), await text(many, ".inside .left")], [0, "The insides of the other layers stand in the result file."]);
  await many.context().close();
}

/** On a phone the layer's bar keeps to the fault map. */
async function bar() {
  const page = await open("sample", { viewport: phone });
  const below = (selector) => page.evaluate((s) => { document.querySelector(s).scrollIntoView(); const b = document.querySelector(".panel").getBoundingClientRect(); return [b.bottom <= innerHeight && b.top > 0, b.bottom]; }, selector);
  check("it is on the screen with the map", (await below("#map"))[0], true);
  check("it does not cover what follows", (await below("#findings"))[1], (y) => y <= 64);
  await page.context().close();
}

/** A block of the heatmap opens to its cells. */
async function cells() {
  const page = await open("sample");
  const square = page.locator(".heat .square");
  await square.scrollIntoViewIfNeeded();
  const box = await square.boundingBox();
  await page.mouse.click(box.x + (box.width * 30.5) / 50, box.y + (box.height * 28.5) / 50);
  check("a click into an outlined block opens it", await address(page), "#pair=31,29&zoom=25-37");
  check("its values", [await page.locator(".heat .value").count(), await page.locator(".heat .value").first().textContent()], [169, "1.00"]);
  await page.mouse.click(box.x + box.width * 0.5 / 13, box.y + box.height * 12.5 / 13);
  check("a cell of it", await address(page), "#pair=25,37&zoom=25-37");
  await page.locator(".heat").focus();
  await page.keyboard.press("ArrowLeft");
  check("keys stay in it", await address(page), "#pair=25,37&zoom=25-37");
  await page.keyboard.press("Escape");
  check("Escape shows the whole", [await address(page), await page.locator(".heat .value").count()], ["#pair=25,37", 0]);
  await page.context().close();
  const linked = await open("sample", { hash: "#zoom=25-37" });
  check("the copied link", await linked.locator(".heat .value").count(), 169);
  await linked.locator(".top nav a").last().click();
  check("a place on the page leaves what is held", await linked.locator(".heat .value").count(), 169);
  await linked.setViewportSize(phone);
  await linked.waitForFunction(() => document.querySelectorAll(".heat .value").length === 0, null, { timeout: 5000 });
  check("no values where there is no room", await linked.locator(".heat .value").count(), 0);
  await linked.setViewportSize(wide);
  await linked.waitForFunction(() => document.querySelectorAll(".heat .value").length > 0, null, { timeout: 5000 });
  await linked.getByRole("button", { name: "Whole network" }).click();
  check("the whole by button", [await address(linked), await linked.locator(".heat .value").count()], ["", 0]);
  await linked.locator(".heat").focus();
  await linked.keyboard.press("Enter");
  check("Enter opens the block of the held pair", await address(linked), "#zoom=25-37");
  await linked.context().close();
  const many = await open("many");
  const sides = many.locator(".heat");
  await sides.scrollIntoViewIfNeeded();
  check("chips of flawed blocks", await many.locator(".heat .chip").count(), 22);
  check("the rows of a closed block", await attribute(many, ".heat .held-row", "height"), "2%");
  const whole = await many.locator(".heat .square").boundingBox();
  await many.mouse.click(whole.x - 3, whole.y + (whole.height * 75.5) / 300);
  check("a click beside the square opens a block", await address(many), "#zoom=71-80");
  await many.context().close();
}

async function themes() {
  const page = await open("sample", { theme: "dark" });
  const dark = "rgb(15, 19, 23)", light = "rgb(251, 250, 247)";
  check("the system's theme", await theme(page), dark);
  await page.keyboard.press("t");
  check("the other theme by key", await theme(page), light);
  check("its heatmap", await page.evaluate(() => [...document.querySelectorAll(".heat img")].map((i) => getComputedStyle(i).display)), ["block", "none"]);
  await page.locator(".theme").click();
  check("and back by button", await theme(page), dark);
  await page.context().close();
}

async function copies() {
  const page = await open("sample");
  await page.evaluate(() => { navigator.clipboard.writeText = async (s) => { window.copied = s; }; });
  await page.getByRole("button", { name: "Copy data as CSV" }).first().click();
  const csv = await page.evaluate(() => window.copied);
  check("the table's head", csv.split("\r\n")[0], "no.,layer,kind,Effective rank,\"Probe, val\",Probe gap,Gradient,Dead units");
  check("a row of it", csv.split("\r\n")[22], (s) => s.startsWith("22,layer2.3.conv3,\"1×1 convolution, 512 channels, 28 × 28\",0.23,0.834,0.055,"));
  await page.getByRole("button", { name: "Copy as SVG" }).click();
  const svg = await page.evaluate(() => ({ text: window.copied, ok: !new DOMParser().parseFromString(window.copied, "image/svg+xml").querySelector("parsererror") }));
  check("the copied drawing is a drawing", [svg.ok, svg.text.includes("FAI-03"), svg.text.includes("class=")], [true, true, false]);
  await page.context().close();
}

async function quiet() {
  const page = await open("sample", { scripts: false });
  check("findings opened without scripts", await page.locator(".findings details[open]").count(), 7);
  check("no controls that do nothing", await page.locator(".scripted:visible").count(), 0);
  check("the verdict", await text(page, "h1"), (s) => s.startsWith("Do not ship."));
  await page.context().close();
}

async function hostile() {
  const page = await open("hostile");
  await page.keyboard.press("ArrowRight");
  await page.locator(".heat").focus();
  await page.keyboard.press("ArrowRight");
  check("no name became an element", await page.evaluate(() => document.querySelectorAll("img[src=x], main script").length), 0);
  await page.evaluate(() => { navigator.clipboard.writeText = async (s) => { window.copied = s; }; });
  await page.getByRole("button", { name: "Copy data as CSV" }).first().click();
  const csv = await page.evaluate(() => window.copied);
  check("a formula in the copied table is text", csv.split("\r\n")[2], (s) => s.startsWith("2,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\","));
  await page.context().close();
}

async function everyone() {
  const names = readdirSync(pages).filter((f) => f.endsWith(".html")).map((f) => f.slice(0, -5)).sort();
  for (const [name, hash] of [...names.map((n) => [n, ""]), ["many", "#open=43"], ["sample", "#zoom=25-37"], ["sample", "#measure=3"], ["sample", "#measure=4&zoom=25-37"], ["sample", "#layer=46"]]) {
    for (const [size, viewport] of [["desktop", wide], ["mobile", phone]]) for (const scheme of ["light", "dark"]) {
      const page = await open(name, { viewport, theme: scheme, hash });
      const what = `${name}${hash}, ${size}, ${scheme}`;
      if (pictures) await page.screenshot({ path: path.join(pictures, `${name}${hash.replace("#", "-")}-${size}-${scheme}.png`) });
      check(`${what}: width of the page`, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), (n) => n <= 0);
      check(`${what}: elements`, await page.evaluate(() => document.querySelectorAll("*").length), (n) => n <= 2500);
      await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
      // The page's own policy lets no script in, so axe comes through the debugger.
      await page.evaluate(await import("node:fs").then((fs) => fs.readFileSync(axePath, "utf8")));
      const result = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      check(`${what}: axe`, result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")} (${v.nodes.length})`), []);
      await page.context().close();
    }
  }
}

for (const part of [layers, blocks, lanes, pairs, measures, insides, cells, bar, themes, copies, quiet, hostile, everyone]) {
  if (only && !only.includes(part.name)) continue;
  try { await part(); } catch (e) { failures.push(`${part.name}: ${e.message.split("\n")[0]}`); }
}
for (const [name, most] of [["sample", 500_000], ["many", 800_000], ["thousand", 1_500_000]]) check(`${name}: bytes`, statSync(path.join(pages, name + ".html")).size, (n) => n <= most);
await browser.close();
for (const f of failures) console.error(f);
console.log(`${checks} checks, ${failures.length} failures`);
process.exit(failures.length ? 1 : 0);
