// The worker: loads the columns, answers questions. One message in (`{call, op, ...}`), one message out for each.

import { arraysOf, bytesOf, jsonOf, textOf } from "./binary.js";
import { clusters } from "./clusters.js";
import { Engine, mercator } from "./engine.js";
import { PackedIds, PlainIds } from "./ids.js";
import { TextIndex } from "./text-index.js";

const PAGE = 40;
const MOST_BLOCKS = 80;

let base, head, engine, index, loading, complete;
const blocks = new Map();

const tell = (event) => self.postMessage({ event });

async function load() {
  // The order of the requests is the order in which the page can use them.
  const columns = bytesOf(`${base}columns.bin.gz`), places = jsonOf(`${base}places.json.gz`);
  engine = new Engine(head, arraysOf(await columns), await places);
  index = new TextIndex(base, head.shards, head.count);
  tell("columns");
  engine.titles = lines(await textOf(`${base}titles.txt.gz`));
  tell("titles");
}

/** The other facets and the points: search and list do without, on a slow line they answer seconds earlier. */
async function loadMore() {
  await loading;
  engine.add(arraysOf(await bytesOf(`${base}more.bin.gz`)));
  tell("more");
}

async function loadIds() {
  await loading;
  engine.ids ??= head.ids === "bin" ? new PackedIds(await bytesOf(`${base}ids.bin`), head.count)
    : new PlainIds(lines(await textOf(`${base}ids.txt.gz`)));
}

const lines = (text) => (head.count ? text.split("\n") : []);

async function query({ spec, rows = PAGE, fit = false }) {
  await loading;
  if (fit || spec.box || spec.near || Object.keys(spec.facets ?? {}).some((name) => !engine.facets.has(name))) await complete;
  const started = performance.now();
  const text = spec.q?.trim() ?? "";
  const prepared = text ? await index.prepare(text) : [];
  const searched = performance.now();
  const { total: scores, instead } = prepared.length ? index.score(prepared) : { total: null, instead: [] };
  const ground = engine.candidates({ scores, territory: spec.territory, box: spec.box });
  const { rows: kept, counts } = engine.select(ground, spec.facets ?? {});
  engine.selected = engine.sort(kept, { sort: spec.sort, scores, near: spec.near });
  const shown = Array.from(engine.selected.subarray(0, rows), (row) => engine.described(row));
  let placed = engine.mx ? 0 : null;
  if (engine.mx) for (let at = 0; at < engine.selected.length; at++) if (engine.mx[engine.selected[at]] >= 0) placed++;
  return {
    total: engine.selected.length, placed, counts, instead, rows: shown,
    bounds: fit ? engine.bounds(engine.selected) : null,
    took: performance.now() - searched, fetched: searched - started,
  };
}

async function block(number) {
  if (!blocks.has(number)) {
    const found = jsonOf(`${base}d/${number}.json.gz`);
    found.catch(() => blocks.delete(number));
    blocks.set(number, found);
    if (blocks.size > 400) blocks.delete(blocks.keys().next().value);
  }
  return blocks.get(number);
}

const entryOf = async (row) => (await block(Math.floor(row / head.block)))[row % head.block];

/** The whole of an initiative by its id; follows ids that moved, null where nobody knows it. */
async function initiative({ id, row = null }) {
  if (row === null || engine?.ids?.at(row) !== id) {
    await loadIds();
    row = engine.ids.indexOf(id);
  }
  if (row < 0) {
    const moved = await jsonOf(`${base}moved.json.gz`);
    let heir = id;
    for (let steps = 0; Object.hasOwn(moved, heir) && steps < 20; steps++) heir = moved[heir];
    return heir === id ? null : { moved: heir };
  }
  await complete;
  return { entry: await entryOf(row), row: engine.described(row), point: engine.point(row) };
}

/** Everything of the selection, for files: facts from the columns, and the rest where few enough blocks hold it. */
async function selection() {
  await complete;
  await loadIds();
  const needed = new Set(Array.from(engine.selected, (row) => Math.floor(row / head.block)));
  const whole = needed.size <= MOST_BLOCKS;
  if (whole) await Promise.all([...needed].map(block));
  const rows = [];
  for (const row of engine.selected) {
    const entry = whole ? (await entryOf(row)).initiative : null;
    rows.push({
      ...engine.described(row), entry, point: engine.point(row),
      areas: { insee: engine.places.insee[engine.columns.place[row]] },
      beneficiaries: engine.codes("beneficiaries", row), kind: engine.codes("kind", row)[0] ?? "",
      sdgs: engine.codes("sdg", row), programmes: engine.codes("programme", row),
      sources: engine.codes("source", row), licence: engine.codes("licence", row)[0] ?? "",
    });
  }
  return { whole, rows };
}

/** Summaries of rows on screen, only where few blocks hold them: large releases stay light. */
async function summaries({ rows, most = 6 }) {
  const needed = new Set(rows.map((row) => Math.floor(row / head.block)));
  if (needed.size > most) return {};
  const found = {};
  for (const row of rows) {
    const { initiative } = await entryOf(row);
    found[row] = { summary: initiative.summary, organisation: initiative.organisation_name };
  }
  return found;
}

const operations = {
  async open(message) {
    ({ base, head } = message);
    loading = load();
    complete = loadMore();
    await complete;
    return { count: head.count };
  },
  query,
  initiative,
  selection,
  summaries,
  async ids({ rows }) {
    await loadIds();
    return rows.map((row) => engine.ids.at(row));
  },
  async page({ from, rows = PAGE }) {
    await loading;
    return Array.from(engine.selected.subarray(from, from + rows), (row) => engine.described(row));
  },
  async clusters({ view }) {
    await complete;
    const [west, north] = mercator(view.west, view.north), [east, south] = mercator(view.east, view.south);
    const cells = clusters(engine, engine.selected, { west, north, east, south, zoom: view.zoom });
    return { cells, places: view.zoom >= 8 ? engine.placesIn(view) : [] };
  },
  async suggest({ q }) {
    await loading;
    return engine.suggest(q);
  },
  async territory({ territory }) {
    await complete;
    const rows = engine.candidates({ territory });
    return { ...engine.territory(territory), bounds: engine.bounds(rows), total: rows.length };
  },
  /** The nearest others that share a theme, for releases that have no table of what is alike. */
  async neighbours({ row, most = 5 }) {
    await complete;
    await loadIds();
    const point = engine.point(row);
    if (!point) return [];
    const themes = new Set(engine.codes("theme", row));
    const all = Uint32Array.from(engine.titles, (_, other) => other);
    const distances = engine.distancesFrom([point[1], point[0]], all);
    const alike = all.filter((other) => other !== row && distances[other] < 50000 && engine.codes("theme", other).some((code) => themes.has(code)));
    return Array.from(alike.sort((a, b) => distances[a] - distances[b]).subarray(0, most), (other) => {
      const { id, title, commune, departement, country } = engine.described(other);
      return { id, name: title, commune, departement, country, distance_km: Math.round(distances[other] / 100) / 10 };
    });
  },
  async areas() {
    await loading;
    return engine.places.areas;
  },
};

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ call: data.call, answer: await operations[data.op](data) });
  } catch (error) {
    self.postMessage({ call: data.call, error: String(error?.message ?? error) });
  }
};
