"use strict";
/* What a page does when it is clicked: its language, the order of rows, copies, zoom,
   and where a number comes from. */
const read = (name) => JSON.parse(document.getElementById(name).textContent);
const chinese = read("chinese"), groups = read("groups");
const main = document.querySelector("main");
const language = () => document.documentElement.lang;
const say = (english) => (language() === "en" ? english : chinese[english] || english);

function make(kind, words, before) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = words;
  before.append(made);
  return made;
}

/* Rows in the order of a column: up, down, and as they were. */
function keyOf(row, column) {
  const words = row.cells[column].textContent.trim().replace(/\u2212/g, "-");
  const number = words.replace(/,/g, "").match(/^(<?) ?(-?\d+(\.\d+)?)/);
  if (number) return [0, Number(number[2]) - (number[1] ? 1e-9 : 0)];
  return words === "" || words === "\u2013" ? [2, ""] : [1, words];
}

function compare(one, other, way) {
  if (one[0] !== other[0]) return one[0] - other[0];
  if (one[0] === 1) return way * one[1].localeCompare(other[1]);
  return one[0] === 0 ? way * (one[1] - other[1]) : 0;
}

function sortBy(table, head) {
  const column = head.cellIndex, body = table.tBodies[0];
  const next = { none: "ascending", ascending: "descending", descending: "none" };
  const order = next[head.getAttribute("aria-sort") || "none"];
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  const rows = table.first.slice();
  if (order !== "none") {
    head.setAttribute("aria-sort", order);
    const way = order === "ascending" ? 1 : -1;
    const keys = new Map(rows.map((row) => [row, keyOf(row, column)]));
    rows.sort((one, other) => compare(keys.get(one), keys.get(other), way));
  }
  body.append(...rows);
}

/* A cell that a spreadsheet would run is copied as text. */
function plain(cell) {
  const told = cell.querySelector(".ref") ? cell.firstChild.textContent : cell.innerText;
  const words = told.trim().replace(/\s+/g, " ");
  return /^[=+\-@]/.test(words) && isNaN(words) ? "'" + words : words;
}

function copy(table, button) {
  const rows = [...table.rows].map((row) => [...row.cells].map(plain));
  const grid = document.createElement("table");
  for (const row of rows) {
    const line = grid.insertRow();
    for (const words of row) line.insertCell().textContent = words;
  }
  const write = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", rows.map((row) => row.join("\t")).join("\n"));
    event.clipboardData.setData("text/html", grid.outerHTML);
  };
  document.addEventListener("copy", write, { once: true });
  document.execCommand("copy");
  button.textContent = say("Copied");
  setTimeout(() => { button.textContent = say("Copy"); }, 2000);
}

function present(title, ...parts) {
  const shown = document.createElement("dialog");
  shown.setAttribute("aria-label", title);
  make("enlarge", say("Close"), shown).onclick = () => shown.close();
  shown.append(...parts);
  shown.onclose = () => shown.remove();
  document.body.append(shown);
  shown.showModal();
}

function part(kind, words) {
  const made = document.createElement(kind);
  made.textContent = words;
  return made;
}

/* The numbers of an endpoint and design, and the rules that they rest on. */
function explain(link) {
  const row = Number(link.title.split(":")[1]);
  const group = groups.find((each) => each.rows.some((one) => one[0] === row));
  if (!group) return false;
  const body = document.createElement("div"), table = document.createElement("table");
  body.className = "whence";
  for (const words of [["Row", "Measure", "Term", "Months"].map(say), ...group.rows]) {
    const line = table.insertRow();
    for (const each of words) line.append(part(line.rowIndex ? "td" : "th", each));
    if (words[0] === row) line.className = "asked";
  }
  const rules = document.createElement("ol"), all = main.querySelector(".rules").children;
  for (const place of group.jobs) rules.append(all[place].cloneNode(true));
  const title = say("Where this number comes from");
  const command = main.querySelector(".whence p code").textContent;
  body.append(part("h2", title), part("code", command.replace(/:\d+/, ":" + row)), table);
  body.append(part("h3", say("Rules")), rules, part("h3", say("Patients before and after")));
  body.append(main.querySelector(".flow").cloneNode(true));
  present(title, body);
  return true;
}

/* All words, as they were, before there are buttons among them. */
const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
const texts = [];
while (walk.nextNode()) {
  const node = walk.currentNode, words = node.nodeValue.trim();
  if (words) texts.push([node, words]);
}
const images = [...main.querySelectorAll("img")].map((image) => [image, image.alt]);
for (const [image] of images) image.first = image.src;
const title = document.title;

for (const table of main.querySelectorAll("table")) {
  table.first = [...table.tBodies[0].rows];
  const button = make("copy", "Copy", table.caption);
  button.onclick = () => copy(table, button);
  if (table.classList.contains("grouped") || table.first.length < 2) continue;
  for (const head of table.tHead.rows[0].cells) {
    /* No button: a head that holds one is not printed again on the next page. */
    const words = [...head.childNodes], press = document.createElement("span");
    Object.assign(press, { className: "sort", role: "button", tabIndex: 0 });
    press.append(...words);
    head.append(press);
    press.onclick = () => sortBy(table, head);
    press.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sortBy(table, head);
    };
  }
}
for (const [image] of images) {
  const figure = image.closest("figure");
  make("enlarge", "Enlarge", figure).onclick = () => present(image.alt, image.cloneNode());
}
for (const link of main.querySelectorAll(".ref")) {
  link.onclick = (event) => { if (explain(link)) event.preventDefault(); };
}

/* Figures in the other language are packed; an old browser leaves them as they are. */
let unpacked;
async function unpack() {
  const packed = document.getElementById("others").textContent;
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const way = new DecompressionStream("gzip");
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(way)).text());
}

async function redraw(chosen) {
  const first = chosen === document.documentElement.dataset.first;
  if (!first && !window.DecompressionStream) return;
  const others = first ? {} : await (unpacked = unpacked || unpack());
  if (language() !== chosen) return;
  for (const [image] of images) {
    const svg = others[image.dataset.name];
    image.src = svg ? "data:image/svg+xml," + encodeURIComponent(svg) : image.first;
  }
}

function tell(chosen) {
  document.documentElement.lang = chosen;
  redraw(chosen);
  for (const [node, words] of texts) node.nodeValue = say(words);
  for (const [image, words] of images) image.alt = say(words);
  for (const each of main.querySelectorAll(".copy")) each.textContent = say("Copy");
  for (const each of main.querySelectorAll("figure .enlarge")) each.textContent = say("Enlarge");
  document.title = say(title);
  other.textContent = chosen === "en" ? "\u4e2d\u6587" : "English";
  other.lang = chosen === "en" ? "zh-CN" : "en";
}
const other = make("language", "", main);
main.prepend(other);
other.onclick = () => tell(language() === "en" ? "zh-CN" : "en");
other.hidden = !Object.keys(chinese).length;
tell(document.documentElement.dataset.first);

/* Paper shows what is folded away. */
const folds = [...main.querySelectorAll("details")];
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = folds.filter((each) => !each.open);
  for (const each of opened) each.open = true;
});
window.addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
