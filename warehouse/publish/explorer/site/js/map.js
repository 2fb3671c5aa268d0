// The map: an enhancement. What it shows is in the list too; where WebGL 2 is missing a sentence takes its place.

import { el, replace } from "./dom.js";
import { jsonOf } from "./binary.js";
import { number, t } from "./i18n.js";
import { IMPRECISE } from "./list.js";

export const HOME = [[-5.4, 41.1], [9.9, 51.3]];
export const VIEWS = {
  metropole: HOME, antilles: [[-62.2, 14.2], [-60.5, 16.7]], guyane: [[-54.8, 2.0], [-51.4, 6.0]],
  reunion: [[55.1, -21.5], [55.95, -20.75]], mayotte: [[44.9, -13.1], [45.4, -12.55]], monde: [[-150, -50], [170, 70]],
};
const ONLINE_STYLE = "https://data.geopf.fr/annexes/ressources/vectorTiles/styles/PLAN.IGN/gris.json";

/** Whether this browser can draw the map. */
export function canDraw() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

const inks = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["land", "abroad", "sea", "border", "region", "honey", "honey-deep", "ink", "paper", "maptext"]
    .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

export class ExplorerMap {
  /** `onCells(view)` gives clusters, `onOpen(row)` opens an initiative, `onBox(box)` keeps to a box, `onMove(byHand)`. */
  constructor(parent, { onCells, onOpen, onBox, onMove = () => {} }) {
    this.parent = parent;
    this.handlers = { onCells, onOpen, onBox, onMove };
    this.cells = [];
    this.places = [];
    this.generation = 0;
    this.online = false;
  }

  async start(bounds = HOME) {
    const [maplibre, outline] = await Promise.all([
      import("../vendor/maplibre-gl.mjs"), jsonOf("map/outline.json.gz"), sheet("vendor/maplibre-gl.css"),
    ]);
    this.outline = shapes(outline);
    maplibre.setWorkerUrl(new URL("../vendor/maplibre-gl-worker.mjs", import.meta.url).href);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.calm = calm;
    this.map = new maplibre.Map({
      container: this.parent, style: this.style(), bounds, fitBoundsOptions: { padding: 16 }, attributionControl: false,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 18, fadeDuration: 0, renderWorldCopies: false,
      cooperativeGestures: document.documentElement.classList.contains("embedded"),
      locale: { "Map.Title": t("map.title"), "NavigationControl.ZoomIn": t("map.in"), "NavigationControl.ZoomOut": t("map.out"),
        "CooperativeGesturesHandler.WindowsHelpText": t("map.gesture"), "CooperativeGesturesHandler.MacHelpText": t("map.gesture"),
        "CooperativeGesturesHandler.MobileHelpText": t("map.touch") },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 90 }), "bottom-right");
    await new Promise((resolve) => this.map.once("load", resolve));
    this.furnish();
    this.map.on("moveend", (event) => { this.refresh(); this.handlers.onMove(Boolean(event.originalEvent)); });
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = this.at(event.point) ? "pointer" : "";
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (!this.online) this.restyle(this.style()); });
    await this.refresh();
  }

  /** Our own base map: countries, départements and régions, from a file of ours. */
  style() {
    const ink = inks();
    return {
      version: 8,
      sources: {
        countries: { type: "geojson", data: this.outline.countries },
        departements: { type: "geojson", data: this.outline.departements },
        regions: { type: "geojson", data: this.outline.regions },
        names: { type: "geojson", data: this.outline.names },
      },
      layers: [
        { id: "sea", type: "background", paint: { "background-color": ink.sea } },
        { id: "countries", type: "fill", source: "countries", paint: { "fill-color": ink.abroad, "fill-outline-color": ink.border } },
        { id: "land", type: "fill", source: "departements", paint: { "fill-color": ink.land, "fill-antialias": false } },
        { id: "borders", type: "line", source: "departements", paint: { "line-color": ink.border, "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.4, 9, 1.4] } },
        { id: "regions", type: "line", source: "regions", paint: { "line-color": ink.region, "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.8, 9, 2.2] } },
        // Paris is a commune too, and named as such once communes are.
        { id: "names", type: "symbol", source: "names", minzoom: 6.2, filter: ["any", ["!=", ["get", "code"], "75"], ["<", ["zoom"], 8]], layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 11, "text-max-width": 7 },
          paint: { "text-color": ink.maptext, "text-halo-color": ink.land, "text-halo-width": 1.2 } },
      ],
    };
  }

  /** What stands on any base map: the area of a territory, the clusters, the chosen initiative. */
  furnish() {
    const { map } = this, ink = inks();
    const empty = { type: "FeatureCollection", features: [] };
    map.addImage("hexagon", hexagon(ink.honey, ink["honey-deep"]), { pixelRatio: 2 });
    map.addImage("hollow", hexagon(ink.paper, ink["honey-deep"], true), { pixelRatio: 2 });
    map.addImage("chosen", hexagon(ink.ink, ink.honey), { pixelRatio: 2 });
    for (const name of ["area", "cells", "chosen", "places"]) map.addSource(name, { type: "geojson", data: empty });
    map.addLayer({ id: "area-fill", type: "fill", source: "area", paint: { "fill-color": ink.honey, "fill-opacity": 0.16 } });
    map.addLayer({ id: "area-line", type: "line", source: "area", paint: { "line-color": ink["honey-deep"], "line-width": 2, "line-dasharray": [2, 1.5] } });
    map.addLayer({
      id: "places", type: "symbol", source: "places", minzoom: 8,
      layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 11.5, "text-offset": [0, 1.1], "text-anchor": "top",
        "text-max-width": 8, "symbol-sort-key": ["-", ["get", "count"]] },
      paint: { "text-color": ink.maptext, "text-halo-color": ink.land, "text-halo-width": 1.4 },
    });
    map.addLayer({
      id: "around", type: "circle", source: "cells", filter: ["==", ["get", "kind"], "imprecise"],
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 6, 9, 11, 22, 14, 70], "circle-color": ink.honey, "circle-opacity": 0.16,
        "circle-stroke-color": ink["honey-deep"], "circle-stroke-width": 1, "circle-stroke-opacity": 0.5 },
    });
    map.addLayer({
      id: "cells", type: "symbol", source: "cells",
      layout: {
        "icon-image": ["match", ["get", "kind"], "imprecise", "hollow", "hexagon"], "icon-size": ["get", "size"],
        "icon-allow-overlap": true, "icon-ignore-placement": true, "text-field": ["get", "text"], "text-font": ["sans-serif"],
        "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true, "symbol-sort-key": ["get", "count"],
      },
      paint: { "text-color": "#231a0c" },
    });
    map.addLayer({
      id: "chosen", type: "symbol", source: "chosen",
      layout: { "icon-image": "chosen", "icon-size": 0.5, "icon-allow-overlap": true, "icon-ignore-placement": true },
    });
    this.drawCells();
    if (this.area) this.showArea(this.area);
    if (this.chosen) this.choose(this.chosen);
  }

  restyle(style) {
    // A style that never came is no longer waited for.
    if (this.whenStyled) this.map.off("style.load", this.whenStyled);
    this.whenStyled = () => { this.map.off("style.load", this.whenStyled); this.furnish(); };
    this.map.on("style.load", this.whenStyled);
    this.map.setStyle(style, { diff: false });
  }

  /** The online base map is asked for by the reader only: it is the one request to another host. */
  useOnline(wanted, onFail) {
    this.online = wanted;
    this.restyle(wanted ? ONLINE_STYLE : this.style());
    if (!wanted) return;
    const failed = (event) => {
      if (!this.online || event.sourceId || this.map.isStyleLoaded()) return;
      this.map.off("error", failed);
      this.online = false;
      this.restyle(this.style());
      onFail();
    };
    this.map.on("error", failed);
    this.map.once("style.load", () => this.map.off("error", failed));
  }

  bounds() {
    const found = this.map.getBounds();
    return [found.getWest(), found.getSouth(), found.getEast(), found.getNorth()];
  }

  async refresh() {
    if (!this.map) return;
    const generation = ++this.generation;
    const [west, south, east, north] = this.bounds();
    const across = (east - west) * 0.15, along = (north - south) * 0.15;
    const { cells, places } = await this.handlers.onCells({
      west: west - across, south: south - along, east: east + across, north: north + along, zoom: this.map.getZoom(),
    });
    if (generation !== this.generation) return;
    Object.assign(this, { cells, places });
    this.drawCells();
    // Seen from outside: west, south, east, north of what stands on the screen, once it does.
    this.map.once("idle", () => { if (generation === this.generation) this.parent.dataset.shows = this.bounds().join(); });
  }

  drawCells() {
    const features = this.cells.map((cell, at) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [cell.longitude, cell.latitude] },
      properties: {
        at, count: cell.count, text: cell.count > 1 ? short(cell.count) : "",
        kind: cell.count > 1 ? "cluster" : IMPRECISE.has(cell.precision) ? "imprecise" : "point",
        size: cell.count > 1 ? Math.min(1.15, 0.5 + Math.log10(cell.count) * 0.17) : 0.3,
      },
    }));
    this.map.getSource("cells")?.setData({ type: "FeatureCollection", features });
    this.map.getSource("places")?.setData({ type: "FeatureCollection", features: this.online ? [] : this.places.map((place) => ({
      type: "Feature", geometry: { type: "Point", coordinates: place.point }, properties: { name: place.name, count: place.count },
    })) });
  }

  at(point) {
    const reach = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const found = this.map.getLayer("cells") ? this.map.queryRenderedFeatures(reach, { layers: ["cells"] }) : [];
    return found.length ? this.cells[found[0].properties.at] : null;
  }

  clicked(event) {
    const cell = this.at(event.point);
    if (!cell) return;
    if (cell.row !== null) { this.handlers.onOpen(cell.row); return; }
    const [west, south, east, north] = cell.box;
    // Initiatives known to their commune only stand on one point: no zoom tells them apart, the list does.
    if (this.map.getZoom() >= 15 || (east - west < 0.0004 && north - south < 0.0004)) {
      this.handlers.onBox([west - 0.0002, south - 0.0002, east + 0.0002, north + 0.0002]);
      return;
    }
    const camera = this.map.cameraForBounds([[west, south], [east, north]], { padding: 60, maxZoom: 16 });
    const zoom = Math.max(camera.zoom, this.map.getZoom() + 1);
    this.move({ center: camera.center, zoom });
  }

  move(camera) {
    if (this.calm) this.map.jumpTo(camera); else this.map.easeTo({ ...camera, duration: 450 });
  }

  fit(bounds, maxZoom = 12) {
    if (!this.map || !bounds) return;
    const box = Array.isArray(bounds[0]) ? bounds : [[bounds[0], bounds[1]], [bounds[2], bounds[3]]];
    this.map.fitBounds(box, { padding: 40, maxZoom, animate: !this.calm, duration: 450 });
  }

  /** Show the one initiative of a page: its point, and the area it is known to stand in where it is no more precise. */
  choose(chosen) {
    this.chosen = chosen;
    const features = chosen?.point ? [{ type: "Feature", geometry: { type: "Point", coordinates: chosen.point }, properties: {} }] : [];
    this.map?.getSource("chosen")?.setData({ type: "FeatureCollection", features });
  }

  /** Show the area of a département or a région; nothing for what we have no shape of. */
  showArea(area) {
    this.area = area;
    const found = area && this.outline?.[area.level === "region" ? "regions" : "departements"].features
      .filter((feature) => feature.properties.code === area.code);
    this.map?.getSource("area")?.setData({
      type: "FeatureCollection", features: area && ["region", "departement"].includes(area.level) ? found : [],
    });
  }

  /** West, south, east, north of a département or a région; null for what we have no shape of. */
  boundsOf({ level, code }) {
    const layer = { region: "regions", departement: "departements" }[level];
    const shape = layer && this.outline[layer].features.find((feature) => feature.properties.code === code);
    if (!shape) return null;
    const points = shape.geometry.coordinates.flat(2);
    const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  resize() {
    this.map?.resize();
  }
}

/** The sentence that stands where no map can be drawn. */
export function noMap(parent, error) {
  replace(parent, el("p", { class: "no-map", text: t(error ? "map.failed" : "map.none") }));
}

const short = (count) => (count < 10000 ? number(count) : `${number(Math.round(count / 1000))} k`);

function sheet(address) {
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = el("link", { rel: "stylesheet", href: address, on: { load: resolve, error: reject } });
    document.head.prepend(link);
  });
}

/** GeoJSON from the file that outline.py writes: rings of differences in thousandths of a degree. */
function shapes(outline) {
  const feature = ({ rings, ...properties }) => ({
    type: "Feature", properties, geometry: { type: "MultiPolygon", coordinates: rings.map((polygon) => polygon.map(ring)) },
  });
  const collection = (features) => ({ type: "FeatureCollection", features });
  const departements = outline.departements.map(feature);
  return {
    countries: collection(outline.countries.map(feature)),
    departements: collection(departements),
    regions: collection(outline.regions.map(feature)),
    names: collection(departements.map(({ properties, geometry }) => ({
      type: "Feature", properties, geometry: { type: "Point", coordinates: middle(geometry.coordinates) },
    }))),
  };
}

function ring(flat) {
  let x = 0, y = 0;
  const points = [];
  for (let at = 0; at < flat.length; at += 2) {
    x += flat[at];
    y += flat[at + 1];
    points.push([x / 1000, y / 1000]);
  }
  return points;
}

/** Centre of gravity of the largest ring. */
function middle(polygons) {
  const largest = polygons.map(([outer]) => outer).reduce((best, outer) => (outer.length > best.length ? outer : best));
  let area = 0, x = 0, y = 0;
  for (let at = 0; at + 1 < largest.length; at++) {
    const [[ax, ay], [bx, by]] = [largest[at], largest[at + 1]];
    const cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return [x / (3 * area), y / (3 * area)];
}

/** A cell of honeycomb as pixels: the sign of one initiative, or of many. */
function hexagon(fill, stroke, dashed = false) {
  const size = 96, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.beginPath();
  for (let side = 0; side < 6; side++) {
    const angle = (Math.PI / 3) * side - Math.PI / 2;
    pen.lineTo(size / 2 + Math.cos(angle) * 42, size / 2 + Math.sin(angle) * 42);
  }
  pen.closePath();
  pen.fillStyle = fill;
  pen.strokeStyle = stroke;
  pen.lineWidth = dashed ? 10 : 5;
  pen.lineJoin = "round";
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
