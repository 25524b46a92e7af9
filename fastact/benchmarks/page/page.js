"use strict";
// The data is a run, or several with the newest last; see `html.py` for what is kept of it.
const DATA = JSON.parse(document.getElementById("data").textContent);
const RUN = DATA.run, CELLS = RUN.cells, OURS = "fastact";
const $ = id => document.getElementById(id);
const SHOWN = 100; // rows of a table until more are asked for

// Okabe and Ito's colours, which colour-blind people tell apart, for both grounds; then again, dashed.
const COLOURS = [["#0072b2", "#56b4e9"], ["#b36b00", "#e69f00"], ["#007a5a", "#2fc79b"], ["#b0518c", "#e08fc0"], ["#c14a00", "#ff8a4c"], ["#6b6500", "#f0e442"]];
const DASHES = [[], [7, 4], [2, 3]];
const dark = matchMedia("(prefers-color-scheme: dark)");
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function look(runner) {
  if (runner === OURS) return { stroke: css("--ink"), width: 3.5, dash: DASHES[0] };
  const i = RUN.peers.indexOf(runner);
  return { stroke: COLOURS[i % COLOURS.length][+dark.matches], width: 2, dash: DASHES[Math.floor(i / COLOURS.length) % DASHES.length] };
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name === "class") node.className = value; else if (name in node) node[name] = value; else node.setAttribute(name, value);
  node.append(...children);
  return node;
}
// Names may be broken at underscores.
const td = (text, number) => make("td", number ? { class: "number" } : {}, ...(typeof text === "string" ? broken(text) : [text]));
const broken = name => name.split(/(?<=_)/).flatMap((part, i) => i ? [make("wbr"), part] : [part]);
const th = (text, scope = "col", number = false) => make("th", number ? { scope, class: "number" } : { scope }, text);
const digits = (value, n = 3) => Number(value.toPrecision(n)).toString();
function time(seconds) {
  const [unit, name] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]].find(([scale]) => seconds >= scale) || [1e-9, "ns"];
  return `${digits(seconds / unit)}\u00a0${name}`;
}
const count = cell => cell.shape.reduce((a, b) => a * b, 1);
const size = shape => shape.map(n => n.toLocaleString("en")).join(" × ");
const ulp = value => value === null || value === undefined ? "–" : value >= 1000 ? value.toExponential(0).replace("e+", "e") : digits(value, 2);
const quotient = r => `${r[1].toFixed(2)} (${r[0].toFixed(2)} to ${r[2].toFixed(2)})`;
const mean = values => Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
const compared = CELLS.filter(cell => cell.best);
const threads = cell => cell.threads || RUN.threads;

// The answer: a card for each group, whose links show its cells in the table.
function answer() {
  for (const group of new Set(compared.map(cell => cell.group))) {
    const cells = compared.filter(cell => cell.group === group), behind = cells.filter(cell => cell.behind).length;
    const value = mean(cells.map(cell => cell.ratio[1]));
    const link = (text, only) => make("a", { href: "#cells", onclick: () => choose(group, only) }, text);
    $("groups").append(make("article", { class: "card" },
      make("h3", {}, group),
      make("div", { class: `mean ${value >= 1 ? "good" : "bad"}` }, `${value.toFixed(2)} ×`),
      make("p", {}, link(`${cells.length} cells`, false), ", ", behind ? link(`${behind} behind`, true) : "none behind")));
    $("of-group").append(make("option", { value: group }, group));
  }
  const start = RUN.startup["first call, warm store"];
  if (start) $("groups").append(make("article", { class: "card" },
    make("h3", {}, "start-up and first call"), make("div", { class: "mean" }, time(start.median)),
    make("p", {}, `of which NumPy ${time(RUN.startup["import numpy"].median)}; `, make("a", { href: "#starting" }, "all of it"))));
}
function choose(group, only) {
  $("of-group").value = group; $("only-behind").checked = only; $("words").value = "";
  fill();
}

// Where it is behind; if nowhere, what comes nearest.
function behind(all = false) {
  const worst = [...compared].sort((a, b) => a.ratio[1] - b.ratio[1]), found = worst.filter(cell => cell.behind);
  const cells = found.length ? found : worst.slice(0, 10), shown = all ? cells : cells.slice(0, 15);
  $("behind-note").textContent = found.length
    ? `${found.length} of ${compared.length} cells that have a peer, the worst first.`
    : compared.length ? `No cell of ${compared.length} that have a peer is behind by more than its quartiles. These come nearest.` : "No peer was measured, so this run cannot tell.";
  $("behind-rows").replaceChildren(...shown.map(cell => make("tr", {}, td(to(cell)), td(COLUMNS[1][1](cell)), td(cell.dtype),
    td(size(cell.shape)), td(cell.best), td(quotient(cell.ratio), true),
    td(ulp(cell.runners[cell.best][3]), true), td(ulp(cell.runners[OURS][3]), true))));
  cards($("behind-rows").parentNode);
  more($("behind-more"), shown.length, cells.length, () => behind(true));
}
function more(button, shown, all, action) {
  button.hidden = shown >= all;
  button.textContent = `Show all ${all}`;
  button.onclick = action;
}
// On a narrow screen a row is a card, in which each cell says its column. Roles, because what is laid
// out as a card is no table any more to screen readers.
function cards(table) {
  const heads = [...table.tHead.rows[0].cells];
  table.setAttribute("role", "table");
  heads.forEach(head => head.setAttribute("role", "columnheader"));
  for (const part of [table.tHead, ...table.tBodies]) part.setAttribute("role", "rowgroup");
  for (const row of table.rows) row.setAttribute("role", "row");
  for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, i) => {
    cell.setAttribute("role", "cell");
    cell.dataset.column = heads[i].textContent;
  });
}
const to = cell => make("a", { href: "#function", onclick: () => view(cell) }, ...broken(cell.function));

// A function: what is chosen, its chart, and the same as numbers.
const chosen = { function: "", variety: "", dtype: "", threads: "" };
function view(cell) {
  Object.assign(chosen, { function: cell.function, variety: cell.variety, dtype: cell.dtype, threads: threads(cell) });
  draw();
}
function options(key, cells) {
  const values = [...new Set(cells.map(cell => key === "threads" ? threads(cell) : cell[key]))];
  if (!values.map(String).includes(String(chosen[key]))) chosen[key] = values[0];
  const select = $(`of-${key}`);
  select.replaceChildren(...values.map(value => make("option", { value }, String(value))));
  select.value = chosen[key];
  return cells.filter(cell => String(key === "threads" ? threads(cell) : cell[key]) === String(chosen[key]));
}
function draw() {
  let cells = CELLS;
  for (const key of ["function", "variety", "dtype", "threads"]) cells = options(key, cells);
  cells = [...cells].sort((a, b) => count(a) - count(b));
  const runners = [OURS, ...RUN.peers].filter(name => cells.some(cell => cell.runners[name]));
  $("chart-title").textContent = `${chosen.function}, ${chosen.variety}, ${chosen.dtype}: speed against size`;
  chart(cells, runners);
  numbers(cells, runners);
}
function bandwidth(bytes) {
  const near = (best, each) => Math.abs(Math.log(each[0] / bytes)) < Math.abs(Math.log(best[0] / bytes)) ? each : best;
  return RUN.bandwidth.length ? RUN.bandwidth.reduce(near)[1] : null;
}
function numbers(cells, runners) {
  const head = make("tr", {}, th("size"), ...runners.map(name => th(name, "col", true)));
  const rows = cells.map(cell => {
    const best = Math.min(...runners.map(name => cell.runners[name]?.[1] ?? Infinity)), limit = bandwidth(cell.bytes);
    return make("tr", {}, th(size(cell.shape), "row"), ...runners.map(name => {
      const found = cell.runners[name];
      if (!found) return td(cell.left_out[name] ? "left out" : "", true);
      const text = make(found[1] === best ? "strong" : "span", {}, time(found[1]));
      const share = limit ? make("small", {}, `${digits(100 * cell.bytes / found[1] / limit, 2)} % of copying`) : "";
      const node = td(text, true);
      node.append(share, make("small", {}, `${ulp(found[3])} ulp`));
      return node;
    }));
  });
  $("numbers").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

// Charts.
let plots = [];
function plot(place, spec, data) {
  plots.filter(each => each.place === place).forEach(each => each.plot.destroy());
  plots = plots.filter(each => each.place !== place);
  const width = place.clientWidth, height = Math.max(260, Math.min(420, Math.round(width * 0.5)));
  const dash = (u, i) => ["solid", "dashed", "dotted"][DASHES.indexOf(spec.series[i].dash ?? DASHES[0])];
  const made = new uPlot({ width, height, legend: { markers: { dash } }, ...spec }, data, place);
  plots.push({ place, plot: made });
}
const axis = extra => ({ stroke: css("--ink"), grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--line"), width: 1 }, font: "13px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif", labelSize: 22, ...extra });
const short = n => n >= 1e9 ? `${n / 1e9} G` : n >= 1e6 ? `${n / 1e6} M` : n >= 1e3 ? `${n / 1e3} k` : String(n);
const binary = n => n % 2 ** 20 === 0 ? `${n / 2 ** 20} Mi` : n % 1024 === 0 ? `${n / 1024} Ki` : short(n);
// A logarithmic axis names powers of ten alone, and all numbers where they are few.
const named = (u, values) => values.map(v => v === null ? "" : Number.isInteger(Math.log10(v) + 1e-12) || Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? short(Number(v.toPrecision(3))) : "");
function chart(cells, runners) {
  const flat = cells.every(cell => cell.shape.length === 1);
  const xs = cells.map((cell, i) => flat ? count(cell) : i);
  const speed = (cell, name, i) => cell.runners[name] ? count(cell) / cell.runners[name][i] / 1e6 : null;
  const data = [xs, ...runners.map(name => cells.map(cell => speed(cell, name, 1)))];
  const ends = cells.flatMap(cell => Object.values(cell.runners).flatMap(([low, , high]) => [count(cell) / low / 1e6, count(cell) / high / 1e6]));
  const reach = uPlot.rangeLog(Math.min(...ends), Math.max(...ends), 10, false);
  const bars = u => runners.forEach((name, s) => {
    if (!u.series[s + 1].show) return;
    const { ctx } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = look(name).stroke; ctx.lineWidth = 1.5 * ratio;
    cells.forEach((cell, i) => {
      if (!cell.runners[name]) return;
      const x = u.valToPos(xs[i], "x", true), [low, high] = [2, 0].map(q => u.valToPos(speed(cell, name, q), "y", true));
      ctx.beginPath();
      ctx.moveTo(x, low); ctx.lineTo(x, high);
      for (const y of [low, high]) { ctx.moveTo(x - 4 * ratio, y); ctx.lineTo(x + 4 * ratio, y); }
      ctx.stroke();
    });
    ctx.restore();
  });
  const pad = flat ? (u, low, high) => [low / 1.6, high * 1.6] : (u, low, high) => [low - 0.3, high + 0.3];
  plot($("chart"), {
    scales: { x: { time: false, distr: flat ? 3 : 1, range: pad }, y: { distr: 3, range: () => reach } },
    axes: [
      axis(flat ? { label: "elements", splits: () => xs, filter: (u, at) => at, values: (u, at) => at.map(binary) } : { values: (u, at) => at.map(i => Number.isInteger(i) && cells[i] ? cells[i].shape.map(short).join("×") : ""), incrs: [1] }),
      axis({ label: "million elements a second", values: named, size: 62 }),
    ],
    series: [{ label: flat ? "elements" : "rows", value: (u, v) => v === null ? "" : flat ? short(v) : size(cells[v].shape) },
      ...runners.map(name => ({ label: name, ...look(name), spanGaps: true, points: { show: true, size: 6, fill: look(name).stroke }, value: (u, v, s, i) => i == null ? "" : v === null ? "–" : digits(v) }))],
    cursor: { drag: { x: false, y: false } },
    hooks: { draw: [bars] },
  }, data);
}
function history() {
  if (DATA.history.length < 2) return;
  document.querySelectorAll(".has-history").forEach(node => { node.hidden = false; });
  const groups = [...new Set(DATA.history.flatMap(run => Object.keys(run.means)))];
  const xs = DATA.history.map((_, i) => i), name = run => run.commit || run.date.slice(0, 10);
  const short = run => run.commit ? run.commit.slice(0, 7) : name(run);  // on a phone the last one has no room
  const style = i => ({ stroke: COLOURS[i % COLOURS.length][+dark.matches], width: 2, dash: DASHES[Math.floor(i / COLOURS.length) % DASHES.length] });
  plot($("trend"), {
    scales: { x: { time: false, range: (u, low, high) => [low - 0.2, high + 0.2] }, y: { distr: 3 } },
    axes: [axis({ values: (u, at) => at.map(i => Number.isInteger(i) && DATA.history[i] ? short(DATA.history[i]) : ""), incrs: [1] }), axis({ label: "best peer / fastact", size: 62 })],
    series: [{ label: "run", value: (u, v) => v === null ? "–" : name(DATA.history[v]) },
      ...groups.map((label, i) => ({ label, ...style(i), points: { show: true, size: 7 }, value: (u, v) => v === null ? "–" : v.toFixed(2) }))],
    cursor: { drag: { x: false, y: false } },
  }, [xs, ...groups.map(group => DATA.history.map(run => run.means[group] ?? null))]);
  $("trend-table").replaceChildren(
    make("thead", {}, make("tr", {}, th("run"), th("date"), th("version"), ...groups.map(group => th(group, "col", true)))),
    make("tbody", {}, ...DATA.history.map(run => make("tr", {}, th(name(run), "row"), td(run.date.slice(0, 16).replace("T", " ")), td(run.version), ...groups.map(g => td(run.means[g]?.toFixed(2) ?? "", true))))));
}

// The table of all cells.
const COLUMNS = [
  ["function", cell => cell.function, to],
  ["variety", cell => cell.variety + (cell.threads ? ", 1 thread" : "")],
  ["dtype", cell => cell.dtype],
  ["size", count, cell => size(cell.shape), true],
  ["fastact", cell => cell.runners[OURS][1], cell => time(cell.runners[OURS][1]), true],
  ["best peer", cell => cell.best || "", cell => cell.best || "–"],
  ["its time", cell => cell.best ? cell.runners[cell.best][1] : NaN, cell => cell.best ? time(cell.runners[cell.best][1]) : "–", true],
  ["peer / fastact", cell => cell.best ? cell.ratio[1] : NaN, cell => cell.best ? ratio(cell) : "–", true],
  ["ulp, fastact", cell => cell.runners[OURS][3] ?? NaN, cell => ulp(cell.runners[OURS][3]), true],
  ["ulp, peer", cell => cell.best ? cell.runners[cell.best][3] ?? NaN : NaN, cell => cell.best ? ulp(cell.runners[cell.best][3]) : "–", true],
];
const ratio = cell => make("span", { class: cell.behind ? "bad" : "" }, `${cell.behind ? "▼ " : ""}${quotient(cell.ratio)}`);
let sorting = { column: 7, sign: 1 };
function heads() {
  const row = document.querySelector("#table thead tr");
  row.append(...COLUMNS.map(([name, , , number], column) =>
    th(make("button", { type: "button", onclick: () => sort(column) }, name), "col", number)));
}
function sort(column) {
  sorting = { column, sign: sorting.column === column ? -sorting.sign : 1 };
  fill();
}
function order(a, b) {
  const [x, y] = [a, b].map(COLUMNS[sorting.column][1]);
  if (typeof x === "string") return sorting.sign * x.localeCompare(y);
  return Number.isNaN(x) - Number.isNaN(y) || sorting.sign * (x - y) || 0;
}
function fill(all = false) {
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean), group = $("of-group").value;
  const text = cell => [cell.function, cell.variety, cell.dtype, cell.best, cell.shape.join("x")].join(" ").toLowerCase();
  const cells = CELLS.filter(cell => (!group || cell.group === group) && (!$("only-behind").checked || cell.behind) && words.every(word => text(cell).includes(word))).sort(order);
  document.querySelectorAll("#table thead th").forEach((head, i) => {
    if (i === sorting.column) head.setAttribute("aria-sort", sorting.sign > 0 ? "ascending" : "descending"); else head.removeAttribute("aria-sort");
  });
  const shown = all ? cells : cells.slice(0, SHOWN);
  document.querySelector("#table tbody").replaceChildren(...shown.map(cell => make("tr", {}, ...COLUMNS.map(([, key, show, number]) => td((show || (c => String(key(c))))(cell), number)))));
  cards($("table"));
  $("count").textContent = `${cells.length} of ${CELLS.length} cells${shown.length < cells.length ? `, the first ${shown.length} shown` : ""}`;
  more($("more"), shown.length, cells.length, () => fill(true));
}

// Starting, and the run.
function starting() {
  const rows = Object.entries(RUN.startup), compile = Object.entries(RUN.compile).sort((a, b) => b[1] - a[1]);
  $("starts").replaceChildren(make("thead", {}, make("tr", {}, th("process"), th("median", "col", true), th("quartiles", "col", true))),
    make("tbody", {}, ...rows.map(([name, r]) => make("tr", {}, th(name, "row"), td(time(r.median), true), td(`${time(r.low)} to ${time(r.high)}`, true)))));
  $("starts").parentNode.hidden = !rows.length;
  $("starting").hidden = !rows.length && !compile.length;
  document.querySelector('nav [href="#starting"]').hidden = $("starting").hidden;
  $("compiling").hidden = !compile.length;
  document.querySelector("#compiling summary").textContent = `Compiling float32: ${compile.length} functions`;
  document.querySelector("#compiling table").replaceChildren(make("tbody", {}, ...compile.map(([name, s]) => make("tr", {}, th(name, "row"), td(time(s), true)))));
}
function facts() {
  const noise = [RUN.noise, ...Object.entries(RUN.controls).map(([name, c]) => `${name} alone ± ${(100 * c.noise).toFixed(1)} %`)];
  const lines = [
    ["Machine", `${RUN.processor}, ${RUN.cpus} CPUs, ${RUN.threads} threads; ${RUN.system}`], ["Date", RUN.date], ["Commit", RUN.commit || "not of a checkout"],
    ["Command", RUN.command], ["Took", `${Math.round(RUN.seconds)} s`], ["Noise", noise.join("; ")],
    ["Versions", Object.entries(RUN.versions).map(([name, version]) => `${name} ${version}`).join(", ")],
    ["Copying", RUN.bandwidth.map(([bytes, speed]) => `${short(bytes)}B at ${digits(speed / 1e9)} GB/s`).join(", ")],
    ["Left out", RUN.notes.join("; ") || "nothing"],
  ];
  $("facts").append(...lines.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
  $("about").textContent = `${RUN.processor}, ${RUN.threads} threads; ${RUN.date.slice(0, 10)}; fastact ${RUN.versions.fastact}${RUN.commit ? `, commit ${RUN.commit}` : ""}; ${CELLS.length} cells${compared.length < CELLS.length ? `, of which ${CELLS.length - compared.length} have no peer` : ""}, ${RUN.peers.length} peers, noise ${RUN.noise}`;
}

answer(); behind(); heads(); fill(); draw(); history(); starting(); facts();
for (const key of ["function", "variety", "dtype", "threads"]) $(`of-${key}`).addEventListener("change", event => { chosen[key] = event.target.value; draw(); });
for (const id of ["words", "of-group", "only-behind"]) $(id).addEventListener("input", () => fill());
for (const id of ["choose", "filter"]) $(id).addEventListener("submit", event => event.preventDefault());
const again = () => { draw(); history(); };
dark.addEventListener("change", again);
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; again(); } });
