// SQL over the release's own database, in the page: DuckDB-WASM reads `../essaim.duckdb` by ranges where the host has them.
// Nothing is loaded before it is asked for, and no extension ever: those come from another host.

import { bytesOf } from "./binary.js";
import { cell, save } from "./download.js";
import { el, replace } from "./dom.js";
import { current, number, preferred, t, useLanguage } from "./i18n.js";

const DATABASE = "essaim.duckdb";
const MOST_ROWS = 1000;
const HTTP = 4; // DuckDBDataProtocol.HTTP
const $ = (id) => document.getElementById(id);

const EXAMPLES = [
  ["sql.example.departements", "SELECT departement, count(*) AS initiatives\nFROM initiatives\nWHERE departement IS NOT NULL\nGROUP BY departement\nORDER BY initiatives DESC, departement\nLIMIT 20;"],
  ["sql.example.themes", "SELECT theme, count(*) AS initiatives\nFROM (SELECT unnest(themes) AS theme FROM initiatives)\nGROUP BY theme\nORDER BY initiatives DESC, theme;"],
  ["sql.example.several", "SELECT name, commune, source_count, source_ids\nFROM initiatives\nWHERE source_count > 3\nORDER BY source_count DESC, name;"],
  ["sql.example.provenance", "SELECT i.name, v.field, v.value, v.source_id, v.rule\nFROM initiative_value v JOIN initiatives i USING (initiative_id)\nWHERE v.field = 'url'\nORDER BY i.name\nLIMIT 50;"],
  ["sql.example.search", "SELECT name, commune, score\nFROM search('jardin partagé')\nLIMIT 20;"],
  ["sql.example.near", "SELECT name, commune, round(distance_km, 1) AS km, geo_precision\nFROM near(48.8566, 2.3522, 5)\nLIMIT 20;"],
  ["sql.example.sources", "SELECT title, licence, records, rejected, checked_on, stale_since\nFROM sources\nORDER BY records DESC, title;"],
  ["sql.example.conflicts", "SELECT name, commune, geo_conflict\nFROM initiatives\nWHERE geo_conflict IS NOT NULL\nORDER BY name;"],
];

let connection = null;
let last = null;

async function boot() {
  await useLanguage(preferred(new URLSearchParams(location.hash.split("?")[1] ?? "").get("lang")));
  for (const link of document.querySelectorAll(".links a")) {
    const name = link.getAttribute("href");
    if (current() !== "fr" && /^(sources|method|quality|data|dictionary)\.html$/.test(name)) link.setAttribute("href", name.replace(".", `.${current()}.`));
  }
  $("start").addEventListener("click", start);
  $("run").addEventListener("click", run);
  $("save").addEventListener("click", () => save("essaim-sql.csv", "text/csv;charset=utf-8", toCsv(last)));
  $("query").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  replace($("examples"), EXAMPLES.map(([key], at) => el("option", { value: at, text: t(key) })));
  $("examples").addEventListener("change", () => { $("query").value = EXAMPLES[$("examples").value][1]; run(); });
  $("query").value = EXAMPLES[0][1];
  document.documentElement.classList.add("ready");
}

async function start() {
  $("start").disabled = true;
  try {
    $("state").textContent = t("sql.loading");
    await script("vendor/arrow.js");
    const [duckdb, wasm] = await Promise.all([import("../vendor/duckdb-browser.mjs"), bytesOf("vendor/duckdb-eh.wasm.gz")]);
    $("state").textContent = t("sql.compiling");
    const module = URL.createObjectURL(new Blob([wasm], { type: "application/wasm" }));
    const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(new URL("../vendor/duckdb-browser-eh.worker.js", import.meta.url)));
    await database.instantiate(module);
    URL.revokeObjectURL(module);
    await database.open({ filesystem: { reliableHeadRequests: true, allowFullHTTPReads: true, forceFullHTTPReads: false } });
    await database.registerFileURL(DATABASE, new URL(`../${DATABASE}`, location.href).href, HTTP, false);
    connection = await database.connect();
    // Extensions would be fetched from another host: what needs one fails with a sentence instead.
    await connection.query("SET autoinstall_known_extensions = false");
    await connection.query("SET autoload_known_extensions = false");
    await connection.query(`ATTACH '${DATABASE}' AS essaim (READ_ONLY)`);
    await connection.query("USE essaim");
    await drawSchema();
    $("state").textContent = "";
    $("start").hidden = true;
    $("console").hidden = false;
    $("query").focus();
    await run();
  } catch (error) {
    $("state").textContent = `${t("sql.failed")} ${error.message}`;
    $("start").disabled = false;
  }
}

function script(address) {
  return new Promise((resolve, reject) => {
    document.head.append(el("script", { src: address, on: { load: resolve, error: () => reject(new Error(address)) } }));
  });
}

async function run() {
  if (!connection) return;
  const text = $("query").value.trim().replace(/;\s*$/, "");
  if (!text) return;
  $("said").className = "quiet";
  $("said").textContent = t("sql.running");
  const begun = performance.now();
  try {
    const table = await connection.query(text);
    last = rowsOf(table);
    const seconds = (performance.now() - begun) / 1000;
    $("said").textContent = t("sql.done", { n: last.rows.length, seconds: number(Math.round(seconds * 100) / 100) }) +
      (last.rows.length > MOST_ROWS ? ` ${t("sql.first", { n: MOST_ROWS })}` : "");
    draw(last);
  } catch (error) {
    $("said").className = "failed";
    $("said").textContent = error.message;
    last = null;
    replace($("result"));
  }
  $("save").hidden = !last?.rows.length;
  document.documentElement.dataset.answered = String(Number(document.documentElement.dataset.answered ?? 0) + 1);
}

/** Plain values of an Arrow table: names of its columns, and rows of texts, numbers and nulls. */
function rowsOf(table) {
  const fields = table.schema.fields;
  const columns = fields.map((field, at) => {
    const vector = table.getChildAt(at), isDate = /^Date/.test(String(field.type)), isTime = /^Timestamp/.test(String(field.type));
    return Array.from({ length: table.numRows }, (_, row) => plain(vector.get(row), isDate, isTime));
  });
  return { names: fields.map((field) => field.name), rows: Array.from({ length: table.numRows }, (_, row) => columns.map((column) => column[row])) };
}

function plain(value, isDate, isTime) {
  if (value === null || value === undefined) return null;
  if (isDate || isTime) return new Date(Number(value)).toISOString().slice(0, isDate ? 10 : 19);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "object") return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
  return value;
}

function draw({ names, rows }) {
  replace($("result"), el("table", {},
    el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col", text: name })))),
    el("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => el("tr", {}, row.map((value) => el("td", { text: value === null ? "" : String(value) })))))));
  $("result").scrollTop = 0;
}

const toCsv = ({ names, rows }) => [names, ...rows].map((row) => row.map(cell).join(",")).concat("").join("\r\n");

async function drawSchema() {
  const { rows } = rowsOf(await connection.query(
    "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE database_name = 'essaim' ORDER BY table_name, column_index",
  ));
  const tables = Map.groupBy ? Map.groupBy(rows, ([name]) => name) : rows.reduce((found, row) => found.set(row[0], [...(found.get(row[0]) ?? []), row]), new Map());
  replace($("schema"), [...tables].map(([name, columns]) => el("details", {}, el("summary", {}, el("code", { text: name })),
    el("ul", {}, columns.map(([, column, type, comment]) => el("li", {}, el("code", { text: column }), ` ${type}`, comment ? el("span", { class: "quiet", text: ` · ${comment}` }) : null))))));
}

boot();
