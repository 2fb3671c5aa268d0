// Filters, counts, sorting and territories over the columns; runs in the worker and knows nothing of pages.

import { fold } from "./fold.js";

const NO_POINT = 0x7fffffff;
const DEGREES = 10000;
const EPOCH = Date.UTC(2000, 0, 1);
export const AREAS = ["country", "region", "departement"];

export class Engine {
  constructor(head, columns, places) {
    this.count = head.count;
    this.head = head;
    this.columns = {};
    this.places = places;
    this.facets = new Map();
    this.add(columns);
    for (const level of AREAS) {
      const ofPlace = places[level];
      const values = Uint16Array.from(columns.place, (place) => ofPlace[place]);
      this.facets.set(level, { codes: places.areas[level].map(([code]) => code), values, starts: null });
    }
    this.titles = null;
    this.ids = null;
    this.selected = new Uint32Array(0);
    this.distances = null;
  }

  /** Take columns in, with the facets they hold. */
  add(columns) {
    Object.assign(this.columns, columns);
    for (const [name, facet] of Object.entries(this.head.facets)) {
      if (!columns[name]) continue;
      this.facets.set(name, {
        codes: facet.values.map((value) => value.code),
        values: columns[name],
        starts: facet.several ? startsOf(columns[`${name}.count`]) : null,
      });
    }
    if (columns.dx) this.locate();
  }

  /** Coordinates of rows: degrees × 10,000, and Web Mercator from 0 to 1. */
  locate() {
    const { place, dx, dy } = this.columns;
    this.x = new Int32Array(this.count);
    this.y = new Int32Array(this.count);
    this.mx = new Float64Array(this.count);
    this.my = new Float64Array(this.count);
    for (let row = 0; row < this.count; row++) {
      if (dx[row] === NO_POINT) {
        this.x[row] = this.y[row] = NO_POINT;
        this.mx[row] = this.my[row] = -1;
        continue;
      }
      this.x[row] = this.places.x[place[row]] + dx[row];
      this.y[row] = this.places.y[place[row]] + dy[row];
      [this.mx[row], this.my[row]] = mercator(this.x[row] / DEGREES, this.y[row] / DEGREES);
    }
  }

  /** Rows that the text, the territory and the box let through: the ground on which facets count. */
  candidates({ scores, territory, box }) {
    const rows = new Uint32Array(this.count);
    const allowed = territory ? this.territoryPlaces(territory) : null;
    const { place } = this.columns;
    const [west, south, east, north] = (box ?? []).map((degrees) => Math.round(degrees * DEGREES));
    let size = 0;
    for (let row = 0; row < this.count; row++) {
      if (scores && !scores[row]) continue;
      if (allowed && !allowed[place[row]]) continue;
      if (box && !(this.x[row] !== NO_POINT && this.x[row] >= west && this.x[row] <= east &&
        this.y[row] >= south && this.y[row] <= north)) continue;
      rows[size++] = row;
    }
    return rows.subarray(0, size);
  }

  territoryPlaces({ level, code }) {
    const allowed = new Uint8Array(this.places.commune.length);
    if (level === "commune") {
      this.places.insee.forEach((insee, place) => { allowed[place] = insee === code ? 1 : 0; });
    } else {
      const wanted = this.places.areas[level]?.findIndex(([area]) => area === code) ?? -1;
      if (wanted >= 0) this.places[level].forEach((area, place) => { allowed[place] = area === wanted + 1 ? 1 : 0; });
    }
    return allowed;
  }

  /** Keep the rows that pass every facet, and count the values of each facet among those that pass all the others. */
  select(rows, chosen) {
    const active = [];
    for (const [name, codes] of Object.entries(chosen)) {
      const facet = this.facets.get(name);
      if (!facet || !codes.length) continue;
      const wanted = new Uint8Array(facet.codes.length + 1);
      const shift = facet.starts ? 0 : 1;
      for (const code of codes) {
        const position = facet.codes.indexOf(code);
        if (position >= 0) wanted[position + shift] = 1;
      }
      active.push({ name, facet, wanted });
    }
    const missed = new Uint8Array(rows.length), where = new Uint8Array(rows.length);
    active.forEach(({ facet, wanted }, number) => {
      const { values, starts } = facet;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at];
        let passes = 0;
        if (starts) for (let item = starts[row]; item < starts[row + 1] && !passes; item++) passes = wanted[values[item]];
        else passes = wanted[values[row]];
        if (!passes) { missed[at]++; where[at] = number; }
      }
    });
    let kept = rows;
    if (active.length) {
      let size = 0;
      kept = new Uint32Array(rows.length);
      for (let at = 0; at < rows.length; at++) if (!missed[at]) kept[size++] = rows[at];
      kept = kept.subarray(0, size);
    }
    const counts = {};
    for (const [name, facet] of this.facets) {
      const own = active.findIndex((one) => one.name === name);
      if (own < 0) { counts[name] = countValues(facet, kept); continue; }
      let size = 0;
      const ground = new Uint32Array(rows.length);
      for (let at = 0; at < rows.length; at++) {
        if (!missed[at] || (missed[at] === 1 && where[at] === own)) ground[size++] = rows[at];
      }
      counts[name] = countValues(facet, ground.subarray(0, size));
    }
    return { rows: kept, counts };
  }

  /** Put rows in the order asked for: by relevance, recency (the order of rows), name, sources or distance. */
  sort(rows, { sort, scores, near }) {
    this.distances = near ? this.distancesFrom(near, rows) : null;
    if (sort === "near" && this.distances) {
      const keys = new Float64Array(rows.length);
      for (let at = 0; at < rows.length; at++) {
        keys[at] = Math.min(this.distances[rows[at]], 1e8) * 1048576 + rows[at];
      }
      keys.sort();
      return Uint32Array.from(keys, (key) => key % 1048576);
    }
    if (sort === "name" && this.titles) {
      this.ranks ??= ranksOf(this.titles);
      return bucketed(rows, this.ranks);
    }
    if (sort === "sources") return bucketed(rows, this.columns.sources, true);
    return scores && sort !== "recent" ? bucketed(rows, scores, true) : rows;
  }

  /** Metres to each of `rows` from a point, rounded; by row. */
  distancesFrom([latitude, longitude], rows) {
    const out = new Float64Array(this.count);
    const radians = Math.PI / 180, cosine = Math.cos(latitude * radians);
    for (const row of rows) {
      if (this.x[row] === NO_POINT) { out[row] = 1e8; continue; }
      const y = this.y[row] / DEGREES, x = this.x[row] / DEGREES;
      const a = Math.sin(((y - latitude) * radians) / 2) ** 2 +
        cosine * Math.cos(y * radians) * Math.sin(((x - longitude) * radians) / 2) ** 2;
      out[row] = Math.round(2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(a))));
    }
    return out;
  }

  /** What the list shows of a row. */
  described(row) {
    const { place, sources, guessed, changed } = this.columns;
    const where = place[row];
    const area = (level) => this.places.areas[level][this.places[level][where] - 1] ?? ["", ""];
    return {
      row,
      id: this.ids?.at(row) ?? null,
      title: this.titles?.[row] ?? "",
      commune: this.places.commune[where],
      insee: this.places.insee[where],
      departement: area("departement")[0],
      region: area("region")[1],
      country: area("country")[0],
      sources: sources[row],
      guessed: Boolean(guessed[row]),
      themes: this.codes("theme", row),
      status: this.codes("status", row)[0] ?? "",
      precision: this.codes("precision", row)[0] ?? "",
      changed: new Date(EPOCH + changed[row] * 86400000).toISOString().slice(0, 10),
      distance: this.distances ? this.distances[row] : null,
    };
  }

  codes(name, row) {
    const { codes, values, starts } = this.facets.get(name);
    if (!starts) return values[row] ? [codes[values[row] - 1]] : [];
    return Array.from(values.subarray(starts[row], starts[row + 1]), (position) => codes[position]);
  }

  point(row) {
    return this.x[row] === NO_POINT ? null : [this.x[row] / DEGREES, this.y[row] / DEGREES];
  }

  /** West, south, east, north of rows in degrees without the outermost hundredth on each side; null without points. */
  bounds(rows) {
    const placed = rows.filter((row) => this.x[row] !== NO_POINT);
    if (!placed.length) return null;
    const cut = placed.length > 200 ? Math.floor(placed.length / 100) : 0;
    const xs = Int32Array.from(placed, (row) => this.x[row]).sort();
    const ys = Int32Array.from(placed, (row) => this.y[row]).sort();
    const last = placed.length - 1 - cut;
    return [xs[cut], ys[cut], xs[last], ys[last]].map((value) => value / DEGREES);
  }

  /** Names of the communes in view that have most initiatives, to tell where one is on a map without streets. */
  placesIn({ west, south, east, north }, most = 60) {
    const { places, columns } = this;
    if (!this.inPlace) {
      this.inPlace = new Uint32Array(places.commune.length);
      for (const place of columns.place) this.inPlace[place]++;
    }
    const found = new Map();
    for (let place = 0; place < places.commune.length; place++) {
      const x = places.x[place] / DEGREES, y = places.y[place] / DEGREES;
      if (places.insee[place] && x >= west && x <= east && y >= south && y <= north) {
        // The arrondissements of a city are places of their own under one name: the map says it once.
        const key = `${places.commune[place]} ${places.departement[place]}`, count = this.inPlace[place];
        const same = found.get(key);
        if (!same) found.set(key, { name: places.commune[place], points: [[x, y, count]], count });
        else { same.points.push([x, y, count]); same.count += count; }
      }
    }
    const middle = ({ points, count }, axis) => points.reduce((sum, point) => sum + point[axis] * point[2], 0) / Math.max(count, 1);
    return [...found.values()].map((one) => ({ name: one.name, count: one.count, point: [middle(one, 0), middle(one, 1)] }))
      .sort((a, b) => b.count - a.count).slice(0, most);
  }

  /** Territories whose name begins with what was typed, the largest first. */
  suggest(question, most = 6) {
    const wanted = fold(question);
    if (wanted.length < 2) return [];
    this.territories ??= territoriesOf(this);
    const starting = this.territories.filter(({ key }) => key.startsWith(wanted));
    const inside = starting.length < most ? this.territories.filter(({ key }) => key.includes(` ${wanted}`)) : [];
    return [...starting, ...inside].slice(0, most).map(({ key, ...shown }) => shown);
  }

  territory({ level, code }) {
    this.territories ??= territoriesOf(this);
    const found = this.territories.find((one) => one.level === level && one.code === code);
    if (!found) return null;
    const { key, ...shown } = found;
    return shown;
  }
}

export function mercator(longitude, latitude) {
  const sine = Math.sin((Math.max(-85.05, Math.min(85.05, latitude)) * Math.PI) / 180);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

export function unmercator(x, y) {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI];
}

function startsOf(counts) {
  const starts = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) starts[row + 1] = starts[row] + counts[row];
  return starts;
}

function countValues({ codes, values, starts }, rows) {
  const counts = new Uint32Array(codes.length + 1);
  if (starts) {
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at], end = starts[row + 1];
      for (let item = starts[row]; item < end; item++) counts[values[item]]++;
    }
    return counts.subarray(0, codes.length);
  }
  for (let at = 0; at < rows.length; at++) counts[values[rows[at]]]++;
  return counts.subarray(1);
}

/** Rows in the order of a small whole number each, stable: a counting sort. */
function bucketed(rows, keys, descending = false) {
  let top = 0;
  for (let at = 0; at < rows.length; at++) if (keys[rows[at]] > top) top = keys[rows[at]];
  const starts = new Uint32Array(top + 2);
  const bucket = (row) => (descending ? top - keys[row] : keys[row]);
  for (let at = 0; at < rows.length; at++) starts[bucket(rows[at]) + 1]++;
  for (let key = 0; key <= top; key++) starts[key + 1] += starts[key];
  const out = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) out[starts[bucket(rows[at])]++] = rows[at];
  return out;
}

/** Rank of each title in the order of its folded letters. */
function ranksOf(titles) {
  const folded = titles.map(fold);
  const order = Uint32Array.from(titles, (_, row) => row);
  order.sort((a, b) => (folded[a] < folded[b] ? -1 : folded[a] > folded[b] ? 1 : a - b));
  const ranks = new Uint32Array(titles.length);
  order.forEach((row, rank) => { ranks[row] = rank; });
  return ranks;
}

function territoriesOf(engine) {
  const { places } = engine;
  const inPlace = new Uint32Array(places.commune.length);
  for (const place of engine.columns.place) inPlace[place]++;
  const found = new Map();
  const add = (level, code, name, count, more) => {
    if (!code || !name) return;
    const known = found.get(`${level}/${code}`) ?? { level, code, name, count: 0, key: fold(name), ...more };
    known.count += count;
    found.set(`${level}/${code}`, known);
  };
  for (let place = 0; place < inPlace.length; place++) {
    const area = (level) => places.areas[level][places[level][place] - 1] ?? ["", ""];
    const within = { departement: area("departement")[0], regionCode: area("region")[0], region: area("region")[1] };
    add("region", ...area("region"), inPlace[place], { country: area("country")[0] });
    add("departement", ...area("departement"), inPlace[place], {
      regionCode: within.regionCode, region: within.region,
    });
    add("epci", ...area("epci"), inPlace[place], within);
    add("commune", places.insee[place], places.commune[place], inPlace[place], {
      ...within, departementName: area("departement")[1], epci: area("epci"),
    });
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}
