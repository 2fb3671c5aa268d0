// The explorer: reads the address, asks the worker, draws. The list stands before the map is even fetched.

import { jsonOf } from "./binary.js";
import { Client, latestOnly } from "./client.js";
import { csv, geojson, save } from "./download.js";
import { el, replace } from "./dom.js";
import { Facets } from "./facets.js";
import { current, number, preferred, t, useLanguage } from "./i18n.js";
import { InitiativePage } from "./initiative.js";
import { List } from "./list.js";
import { canDraw, ExplorerMap, HOME, noMap, VIEWS } from "./map.js";
import { blank, FACETS, initiativeAddress, isBlank, parse, specOf, territoryAddress, write } from "./state.js";
import { drawTerritory } from "./territory.js";

const PAGE = 40;
const $ = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 60rem)");

const app = { state: blank(), head: null, client: null, map: null, mapStarted: false, shown: 0, total: 0, lastList: "#/" };

const query = latestOnly((message) => app.client.ask("query", message));

async function boot() {
  app.state = parse(location.hash);
  const head = jsonOf("data/head.json.gz", { cache: "no-cache" });
  app.client = new Client(loaded);
  await useLanguage(preferred(app.state.lang));
  app.head = await head;
  app.client.ask("open", { base: new URL(`data/${app.head.build}/`, location.href).href, head: app.head }).catch(failed);
  app.facets = new Facets($("facets"), app.head, changeFacet);
  app.list = new List($("list"), app.head, { onHover: hover, lang: langParam });
  app.page = new InitiativePage($("page"), app.head, langParam);
  listen();
  translateLinks();
  $("release").textContent = t("release", { version: app.head.version });
  await render({ first: true });
  document.documentElement.classList.add("ready");
  performance.mark("essaim-list");
  if (wide.matches || app.state.view === "initiative") whenIdle(startMap);
  whenIdle(keepOffline);
}

const whenIdle = (task) => ("requestIdleCallback" in window ? requestIdleCallback(task, { timeout: 1500 }) : setTimeout(task, 200));
const langParam = () => app.state.lang;

function loaded(event) {
  if (event === "columns") app.client.ask("areas").then((areas) => { app.facets.areas = areas; });
  if (event === "titles") performance.mark("essaim-search");
  if (event === "more") recount().then(() => document.documentElement.classList.add("counted"), failed);
}

async function failed(error) {
  if (await outdated()) return;
  $("count").textContent = t("error.load");
  replace($("list"), el("li", { class: "empty" }, el("p", { text: t("error.load-text") }), el("p", { class: "quiet", text: error.message })));
}

/** Whether another release has taken the place of the one on screen: its files are gone, and the reader is told. */
async function outdated() {
  const head = await jsonOf("data/head.json.gz", { cache: "no-cache" }).catch(() => null);
  if (!head || !app.head || head.build === app.head.build) return false;
  $("count").textContent = t("error.newer");
  replace($("list"), el("li", { class: "empty" }, el("button", { type: "button", class: "button primary", text: t("error.reload"), on: { click: () => location.reload() } })));
  return true;
}

// ---------------------------------------------------------------------------------------------- address and state

function go(change, { quiet = false } = {}) {
  const state = { ...app.state, ...change };
  const address = write(state);
  if (quiet) {
    history.replaceState(null, "", address);
    app.state = state;
    if (state.view !== "initiative") app.lastList = address;
    refresh();
  } else if (address !== location.hash) location.hash = address;
}

async function render({ first = false } = {}) {
  const before = app.state;
  const row = /^#\/r\/(\d+)/.exec(location.hash);
  if (row) {
    // A link that was followed before its id had come.
    const [id] = await app.client.ask("ids", { rows: [Number(row[1])] });
    history.replaceState(null, "", initiativeAddress(id, app.state.lang));
  }
  app.state = parse(location.hash);
  if (app.state.lang && app.state.lang !== current()) await speak(app.state.lang);
  const { view } = app.state;
  document.body.dataset.view = view;
  $("page").hidden = view !== "initiative";
  $("explore").hidden = view === "initiative";
  $("banner").hidden = view !== "territory";
  // The map moves into the page of an initiative, and back.
  if (view === "initiative") { await openInitiative(first); return; }
  app.lastList = location.hash || "#/";
  placeMap();
  if (document.activeElement !== $("q")) $("q").value = app.state.q;
  document.title = t("title");
  app.map?.choose(null);
  app.map?.showArea(view === "territory" ? app.state.territory : null);
  if (first && isBlank(app.state)) drawFirst();
  else if (first) app.list.skeleton();
  const moved = first || before.view !== view || JSON.stringify(before.territory) !== JSON.stringify(app.state.territory);
  const asked = refresh({ fit: view === "territory" && moved, focus: view === "territory" && moved && !first });
  // A list that stands already is not kept waiting for the columns.
  if (!(first && isBlank(app.state))) await asked; else asked.catch(failed);
}

/** The list and the counts of the whole, from the first file: no column is needed yet. */
function drawFirst() {
  const counts = Object.fromEntries(Object.entries(app.head.facets).map(([name, facet]) => [name, facet.values.map((value) => value.n)]));
  app.facets.draw(FACETS, counts, {});
  app.list.draw(app.head.first);
  app.shown = app.head.first.length;
  app.total = app.head.count;
  told();
}

async function refresh({ fit = false, focus = false } = {}) {
  const spec = specOf(app.state);
  app.asked = true;
  document.body.classList.add("asking");
  let answer;
  try {
    answer = await query({ spec, rows: PAGE, fit: fit || Boolean(app.state.near) });
  } catch (error) {
    document.body.classList.remove("asking");
    failed(error);
    return;
  }
  if (!answer) return;
  document.body.classList.remove("asking");
  app.facets.areas ??= await app.client.ask("areas");
  app.shown = answer.rows.length;
  app.list.draw(answer.rows);
  $("list-scroll").scrollTop = 0;
  count(answer);
  if (spec.territory) await banner(spec.territory, answer, { fit, focus });
  else suggest();
  refreshMap();
  if (app.state.near && app.map) app.map.fit(around(app.state.near), 11);
  fill(answer.rows);
  document.documentElement.dataset.took = answer.took.toFixed(2);
  document.documentElement.dataset.answered = String(Number(document.documentElement.dataset.answered ?? 0) + 1);
}

function count(answer) {
  app.total = answer.total;
  app.placed = answer.placed;
  app.facets.draw(FACETS, answer.counts, app.state.facets);
  told(answer);
}

/** The other facets and the places of rows have come: counts are drawn again, the list stands as it is. */
async function recount() {
  const { state } = app;
  if (!app.asked || state.view === "initiative") return;
  // Not `query`: a question of the reader's that is on its way must not come to nothing.
  const answer = await app.client.ask("query", { spec: specOf(state), rows: PAGE });
  // What was asked since is answered with all that there is.
  if (app.state === state) count(answer);
}

/** The map follows when typing pauses: the list comes first. */
function refreshMap() {
  clearTimeout(app.mapTimer);
  app.mapTimer = setTimeout(() => app.map?.refresh(), 120);
}

/** Ids and summaries come after the list stands. */
function fill(rows) {
  app.list.fillIds((wanted) => app.client.ask("ids", { rows: wanted }));
  app.client.ask("summaries", { rows: rows.map((row) => row.row) }).then((found) => app.list.fillSummaries(found), () => {
    // Offline and not seen before: the list stands without its extracts.
  });
}

const around = ([latitude, longitude]) => [longitude - 0.35, latitude - 0.25, longitude + 0.35, latitude + 0.25];

/** The count, the chips, the sort orders, and what to do when nothing was found. */
function told(answer = null) {
  const { state } = app;
  $("count").textContent = t("count", { n: app.total });
  $("unplaced").textContent = answer && app.placed !== null && app.placed < app.total ? t("count.unplaced", { n: app.total - app.placed }) : "";
  const chips = app.facets.chips(state.facets);
  if (state.box) chips.push(chip(t("filter.box"), () => go({ box: null })));
  if (state.near) chips.push(chip(t("filter.near"), () => go({ near: null, sort: null })));
  if (state.q) chips.push(chip(t("filter.words", { words: state.q }), () => { $("q").value = ""; go({ q: "" }); }));
  if (chips.length > 1) chips.push(el("li", {}, el("button", { type: "button", class: "chip clear", text: t("filter.clear"), on: { click: clear } })));
  replace($("chips"), chips);
  $("chips").hidden = !chips.length;
  const sorts = [state.q ? "relevance" : "recent", ...(state.q ? ["recent"] : []), "name", "sources", ...(state.near ? ["near"] : [])];
  replace($("sort"), sorts.map((sort) => el("option", { value: sort, text: t(`sort.${sort}`) })));
  $("sort").value = state.sort ?? sorts[0];
  $("more").hidden = app.shown >= app.total;
  $("more").textContent = t("list.more", { n: Math.min(PAGE, app.total - app.shown) });
  const chosen = Object.values(state.facets).reduce((sum, codes) => sum + codes.length, 0);
  $("filters-open").dataset.count = chosen ? number(chosen) : "";
  $("empty").hidden = app.total > 0 || !answer;
  if (app.total === 0 && answer) replace($("empty"), nothing(answer));
}

function chip(text, remove) {
  return el("li", {}, el("button", { type: "button", class: "chip", "aria-label": `${t("filter.remove")} ${text}`, text: `${text} ×`, on: { click: remove } }));
}

function nothing({ instead }) {
  const { state } = app;
  let better = state.q;
  for (const [word, other] of instead) better = better.replace(new RegExp(word.replace(/[^\p{L}\p{N}]/gu, ""), "iu"), other);
  const filtered = Object.keys(state.facets).length > 0 || state.box;
  if (app.head.count === 0) return [el("h2", { text: t("empty.release") })];
  return [
    el("h2", { text: t("empty.title") }),
    instead.length && better !== state.q ? el("p", {}, t("empty.instead"), " ", el("a", { href: write({ ...state, q: better }), text: better }), " ?") : null,
    el("ul", {}, state.q ? el("li", { text: t("empty.words") }) : null,
      filtered && state.q ? el("li", {}, el("a", { href: write({ ...state, facets: {}, box: null }), text: t("empty.unfilter") })) : null,
      el("li", {}, el("a", { href: write({ ...blank(), lang: state.lang }), text: t("empty.all") }))),
  ];
}

function clear() {
  $("q").value = "";
  go({ q: "", facets: {}, box: null, near: null, sort: null });
}

function changeFacet(name, codes) {
  const facets = { ...app.state.facets, [name]: codes };
  if (!codes.length) delete facets[name];
  go({ facets });
}

async function banner(territory, answer, { fit, focus }) {
  const found = await app.client.ask("territory", { territory });
  if (JSON.stringify(app.state.territory) !== JSON.stringify(territory)) return;
  const known = found.name ? { ...territory, ...found } : { ...territory, name: territory.code, total: 0 };
  drawTerritory($("banner"), app.head, known, answer.counts, app.state.lang);
  document.title = `${known.name} · Essaim`;
  if (fit && found.bounds) app.map?.fit(app.map.boundsOf(territory) ?? found.bounds);
  app.fitTo = found.bounds;
  replace($("suggestions"));
  if (focus) $("banner").querySelector("h1").focus();
}

/** Territories that what was typed may mean. */
async function suggest() {
  const { q } = app.state;
  const found = q.trim().length > 1 ? await app.client.ask("suggest", { q }) : [];
  if (q !== app.state.q) return;
  replace($("suggestions"), found.slice(0, 4).map((one) => el("li", {}, el("a", { class: "territory-link", href: territoryAddress(one.level, one.code, app.state.lang) },
    el("span", { class: "kicker", text: t(`territory.${one.level}`) }), ` ${one.name}`, one.level === "commune" && one.departement ? ` (${one.departement})` : "",
    el("span", { class: "count", text: ` ${number(one.count)}` })))));
  $("suggestions").hidden = !found.length;
}

// ------------------------------------------------------------------------------------------------- one initiative

async function openInitiative(first) {
  const { id } = app.state;
  // The map may stand in the page that is about to go.
  $("map-home").append($("map-panel"));
  if (app.page.drawn !== id) replace($("page"), el("p", { class: "loading", text: t("loading") }));
  document.body.dataset.pane = "list";
  let answer;
  try {
    answer = await app.client.ask("initiative", { id });
    if (answer?.moved) {
      // The old address leads on, and the address bar says so.
      history.replaceState(null, "", initiativeAddress(answer.moved, app.state.lang));
      app.state = parse(location.hash);
      answer = await app.client.ask("initiative", { id: answer.moved });
    }
    if (answer?.entry && !answer.entry.similar?.length) answer.neighbours = await app.client.ask("neighbours", { row: answer.row.row });
  } catch (error) {
    if (await outdated()) { location.reload(); return; }
    replace($("page"), el("h1", { tabindex: "-1", text: t("error.offline") }), el("p", { text: t("error.offline-text") }), el("p", { class: "quiet", text: error.message }));
    return;
  }
  if (app.state.view !== "initiative") return;
  if (!answer?.entry) { app.page.missing(id); $("page").querySelector("h1").focus(); return; }
  $("map-home").append($("map-panel"));
  app.page.draw(answer);
  app.page.drawn = app.state.id;
  app.chosen = answer;
  placeMap();
  showChosen();
  scrollTo(0, 0);
  $("page").scrollTop = 0;
  if (!first) $("page").querySelector("h1").focus({ preventScroll: true });
  document.documentElement.dataset.answered = String(Number(document.documentElement.dataset.answered ?? 0) + 1);
  if (!app.mapStarted) startMap();
}

function showChosen() {
  if (app.state.view !== "initiative" || !app.chosen || !app.map) return;
  const { row, point, entry } = app.chosen;
  const facts = entry.initiative;
  app.map.choose({ point });
  const level = { departement: "departement", region: "region" }[row.precision];
  app.map.showArea(level ? { level, code: facts[`${level}_code`] } : null);
  // Wide enough for a border or a name to tell where it is: our own base map has no streets.
  const reach = { departement: 0.9, region: 2, country: 6 }[row.precision] ?? 0.3;
  if (point) app.map.fit([point[0] - reach, point[1] - reach * 0.6, point[0] + reach, point[1] + reach * 0.6], 14);
}

/** On the page of an initiative a small map stands between the doubts and the facts. */
function placeMap() {
  const slot = app.state.view === "initiative" ? $("map-slot") : $("map-home");
  if (slot && $("map-panel").parentElement !== slot) {
    slot.append($("map-panel"));
    app.map?.resize();
  }
}

// -------------------------------------------------------------------------------------------------------- the map

async function startMap() {
  if (app.mapStarted) return;
  app.mapStarted = true;
  if (!canDraw()) { noMap($("map")); document.body.classList.add("no-map-here"); return; }
  try {
    const map = new ExplorerMap($("map"), {
      onCells: (view) => app.client.ask("clusters", { view }),
      onOpen: (row) => app.client.ask("ids", { rows: [row] }).then(([id]) => { location.hash = initiativeAddress(id, app.state.lang); }),
      onBox: (box) => { go({ view: app.state.view === "initiative" ? "explore" : app.state.view, box: box.map((one) => Math.round(one * 1e5) / 1e5) }); pane("list"); },
      onMove: (byHand) => { if (byHand) $("map-here").hidden = app.state.view === "initiative"; },
    });
    await map.start(HOME);
    app.map = map;
    if (app.state.view === "territory") {
      map.showArea(app.state.territory);
      map.fit(map.boundsOf(app.state.territory) ?? app.fitTo);
    }
    if (app.state.near) map.fit(around(app.state.near), 11);
    showChosen();
    performance.mark("essaim-map");
    document.documentElement.classList.add("map-ready");
  } catch (error) {
    noMap($("map"), error);
    console.warn("map", error.message);
  }
}

function hover(row) {
  const chosen = row === null ? null : app.map?.cells.find((cell) => cell.row === row);
  app.map?.choose(chosen ? { point: [chosen.longitude, chosen.latitude] } : null);
}

// ------------------------------------------------------------------------------------------------------- controls

function pane(name) {
  document.body.dataset.pane = name;
  for (const button of document.querySelectorAll("[data-to]")) button.setAttribute("aria-pressed", String(button.dataset.to === name));
  if (name === "map") startMap().then(() => app.map?.resize());
}

function listen() {
  addEventListener("hashchange", () => render());
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    (app.state.view === "initiative" ? $("page").querySelector("h1") : $("results"))?.focus();
  });
  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    if (app.state.view === "initiative") go({ view: "explore", id: null, q: $("q").value });
    $("results").focus();
  });
  $("q").addEventListener("input", () => {
    if (app.state.view === "initiative") location.hash = write({ ...blank(), q: $("q").value, lang: app.state.lang });
    else go({ q: $("q").value }, { quiet: true });
  });
  $("sort").addEventListener("change", () => go({ sort: ["relevance", app.state.q ? "" : "recent"].includes($("sort").value) ? null : $("sort").value }));
  $("more").addEventListener("click", async () => {
    const rows = await app.client.ask("page", { from: app.shown, rows: PAGE });
    app.shown += rows.length;
    app.list.append(rows);
    fill(rows);
    $("more").hidden = app.shown >= app.total;
    $("more").textContent = t("list.more", { n: Math.min(PAGE, app.total - app.shown) });
  });
  $("near").addEventListener("click", near);
  $("map-here").addEventListener("click", () => { go({ box: app.map.bounds().map((one) => Math.round(one * 1000) / 1000) }); $("map-here").hidden = true; });
  $("map-fit").addEventListener("click", async () => {
    const { bounds } = await app.client.ask("query", { spec: specOf(app.state), rows: 0, fit: true });
    app.map?.fit(bounds ?? HOME);
  });
  $("map-view").addEventListener("change", () => { app.map?.fit(VIEWS[$("map-view").value] ?? HOME, 9); $("map-view").value = ""; });
  $("map-online").addEventListener("change", () => app.map?.useOnline($("map-online").checked, () => {
    $("map-online").checked = false;
    $("map-said").textContent = t("map.offline");
  }));
  for (const button of document.querySelectorAll("[data-to]")) button.addEventListener("click", () => pane(button.dataset.to));
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => go({ lang: button.dataset.lang }));
  }
  $("download-csv").addEventListener("click", () => download("csv"));
  $("download-geojson").addEventListener("click", () => download("geojson"));
  document.addEventListener("click", (event) => {
    const back = event.target.closest?.("[data-back]");
    if (back) { event.preventDefault(); location.hash = app.lastList; }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) { event.preventDefault(); $("q").focus(); }
    if (event.key === "Escape" && document.body.dataset.pane === "filters") { pane("list"); $("filters-open").focus(); }
  });
  pane("list");
}

function near() {
  $("near-said").textContent = t("near.asking");
  if (!navigator.geolocation) { $("near-said").textContent = t("near.none"); return; }
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    $("near-said").textContent = "";
    // Two decimals, about a kilometre: enough to sort by, and all that the address keeps.
    go({ view: "explore", near: [Math.round(coords.latitude * 100) / 100, Math.round(coords.longitude * 100) / 100], sort: "near" });
  }, () => { $("near-said").textContent = t("near.refused"); }, { timeout: 10000, maximumAge: 600000 });
}

/** The pages without script are a file each language. */
function translateLinks() {
  for (const link of document.querySelectorAll(".links a")) {
    const name = link.getAttribute("href").split(".")[0];
    if (name === "sql") link.setAttribute("href", `sql.html#?lang=${current()}`);
    else link.setAttribute("href", current() === "fr" ? `${name}.html` : `${name}.${current()}.html`);
  }
}

async function speak(language) {
  await useLanguage(language);
  try { localStorage.setItem("essaim-language", language); } catch { /* the choice then lasts as long as the page */ }
  for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  translateLinks();
  $("release").textContent = t("release", { version: app.head.version });
}

async function download(kind) {
  $("download-said").textContent = t("download.making");
  try {
    const { whole, rows } = await app.client.ask("selection");
    const here = location.href.replace(/#.*$/, "");
    const page = (id) => here + initiativeAddress(id, null);
    if (kind === "csv") save(`essaim-${app.head.version}.csv`, "text/csv;charset=utf-8", csv(rows, page));
    else save(`essaim-${app.head.version}.geojson`, "application/geo+json", geojson(rows, page));
    $("download-said").textContent = t(whole ? "download.done" : "download.partial", { n: rows.length });
  } catch (error) {
    $("download-said").textContent = `${t("error.load")} ${error.message}`;
  }
}

/** Readable without a network once visited; only where the page is served securely, as browsers ask. */
function keepOffline() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  navigator.serviceWorker.register("sw.js").catch((error) => console.info("offline", error.message));
}

for (const button of document.querySelectorAll("[data-lang]")) {
  button.setAttribute("aria-pressed", String(button.dataset.lang === preferred(parse(location.hash).lang)));
}
boot().catch(failed);
