// The current selection as a file: CSV that no spreadsheet runs as a formula, or GeoJSON after RFC 7946.

const FORMULA = /^'*[=+\-@＝＋－＠\t\r\n]/;
const PLAIN_NUMBER = /^[+-]?\d+([.,]\d+)?$/;

const COLUMNS = [
  "id", "name", "summary", "url", "status", "organisation_name", "organisation_kind", "themes", "themes_are_predicted",
  "beneficiaries", "sdgs", "programmes", "address", "postcode", "commune", "insee_code", "departement_code", "region",
  "country", "latitude", "longitude", "geo_precision", "sources", "licence", "changed_on", "page",
];

/** A record of the selection as flat values; what only whole entries know is null in very large selections. */
function flat(row, page) {
  const whole = row.entry ?? {};
  return {
    id: row.id, name: row.title, summary: whole.summary ?? null, url: whole.url ?? null, status: row.status,
    organisation_name: whole.organisation_name ?? null, organisation_kind: row.kind, themes: row.themes,
    themes_are_predicted: row.guessed, beneficiaries: row.beneficiaries, sdgs: row.sdgs, programmes: row.programmes,
    address: whole.address ?? null, postcode: whole.postcode ?? null, commune: row.commune,
    insee_code: row.areas.insee, departement_code: row.departement, region: row.region, country: row.country,
    latitude: whole.latitude ?? row.point?.[1] ?? null, longitude: whole.longitude ?? row.point?.[0] ?? null,
    geo_precision: row.precision, sources: row.sources, licence: row.licence, changed_on: row.changed,
    page: page(row.id),
  };
}

export function cell(value) {
  if (value === null || value === undefined) return "";
  let text = Array.isArray(value) ? value.map((item) => String(item).replaceAll("|", "/")).join(" | ") : String(value);
  if (typeof value !== "number" && FORMULA.test(text) && !PLAIN_NUMBER.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(rows, page) {
  const lines = rows.map((row) => {
    const values = flat(row, page);
    return COLUMNS.map((name) => cell(values[name])).join(",");
  });
  return [COLUMNS.join(","), ...lines, ""].join("\r\n");
}

export function geojson(rows, page) {
  const features = rows.map((row) => {
    const { latitude, longitude, ...properties } = flat(row, page);
    return {
      type: "Feature", id: row.id,
      geometry: latitude === null ? null : { type: "Point", coordinates: [longitude, latitude] },
      properties,
    };
  });
  return JSON.stringify({ type: "FeatureCollection", features });
}

export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
