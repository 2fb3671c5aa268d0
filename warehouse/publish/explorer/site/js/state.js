// Every state of the page is an address: `#/?q=jardin&theme=environment`, `#/i/<id>`, `#/t/departement/35?theme=health`.

export const FACETS = [
  "theme", "region", "departement", "beneficiaries", "status", "kind", "method", "sdg", "programme", "source", "licence",
  "precision", "country",
];
const SORTS = ["recent", "name", "sources", "near"];
const LEVELS = ["region", "departement", "epci", "commune"];

export function blank() {
  return { view: "explore", id: null, territory: null, q: "", facets: {}, sort: null, near: null, box: null, lang: null };
}

export function parse(hash) {
  const state = blank();
  const [path, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decoded);
  if (parts[0] === "i" && parts[1]) Object.assign(state, { view: "initiative", id: parts[1] });
  else if (parts[0] === "t" && LEVELS.includes(parts[1]) && parts[2]) {
    Object.assign(state, { view: "territory", territory: { level: parts[1], code: parts[2] } });
  }
  const asked = new URLSearchParams(query);
  state.q = (asked.get("q") ?? "").slice(0, 200);
  for (const name of FACETS) {
    const codes = asked.getAll(name).filter(Boolean);
    if (codes.length) state.facets[name] = [...new Set(codes)];
  }
  state.sort = SORTS.includes(asked.get("sort")) ? asked.get("sort") : null;
  state.near = numbersOf(asked.get("near"), 2);
  state.box = numbersOf(asked.get("box"), 4);
  state.lang = asked.get("lang");
  return state;
}

export function write(state) {
  const asked = new URLSearchParams();
  if (state.q) asked.set("q", state.q);
  for (const name of FACETS) for (const code of state.facets[name] ?? []) asked.append(name, code);
  if (state.sort) asked.set("sort", state.sort);
  if (state.near) asked.set("near", state.near.join(","));
  if (state.box) asked.set("box", state.box.join(","));
  if (state.lang) asked.set("lang", state.lang);
  const path = state.view === "initiative" ? `/i/${encodeURIComponent(state.id)}`
    : state.view === "territory" ? `/t/${state.territory.level}/${encodeURIComponent(state.territory.code)}` : "/";
  const query = asked.toString();
  return `#${path}${query ? `?${query}` : ""}`;
}

/** Address of an initiative or a territory, keeping the language that was asked for. */
export const initiativeAddress = (id, lang) => write({ ...blank(), view: "initiative", id, lang });
export const territoryAddress = (level, code, lang) => write({ ...blank(), view: "territory", territory: { level, code }, lang });

/** What the worker is asked. */
export function specOf(state) {
  const { q, facets, sort, near, box, territory } = state;
  return { q, facets, sort, near, box, territory: state.view === "territory" ? territory : null };
}

export const isBlank = (state) => state.view === "explore" && !state.q && !state.sort && !state.near && !state.box &&
  !Object.keys(state.facets).length;

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function numbersOf(text, count) {
  const found = (text ?? "").split(",").map(Number);
  return text && found.length === count && found.every(Number.isFinite) ? found : null;
}
