// Clusters of the rows in view: a grid of the screen's own pixels, aligned with the world so that panning moves nothing.

import { unmercator } from "./engine.js";

const TILE = 512;

/** Cells of the grid that hold rows: where they are, how many, and the one row where there is one. */
export function clusters(engine, rows, { west, south, east, north, zoom }) {
  const { mx, my } = engine;
  const step = cellSize(zoom) / (TILE * 2 ** Math.floor(zoom));
  const [left, top] = [west, north], [right, bottom] = [east, south];
  const firstColumn = Math.floor(left / step), firstRow = Math.floor(top / step);
  const width = Math.floor(right / step) - firstColumn + 1, height = Math.floor(bottom / step) - firstRow + 1;
  if (width <= 0 || height <= 0 || width * height > 1e6) return [];
  const size = new Uint32Array(width * height), one = new Uint32Array(width * height);
  const sumX = new Float64Array(width * height), sumY = new Float64Array(width * height);
  const minX = new Float64Array(width * height).fill(2), maxX = new Float64Array(width * height).fill(-1);
  const minY = new Float64Array(width * height).fill(2), maxY = new Float64Array(width * height).fill(-1);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at], x = mx[row], y = my[row];
    if (x < left || x > right || y < top || y > bottom) continue;
    const cell = (Math.floor(y / step) - firstRow) * width + Math.floor(x / step) - firstColumn;
    size[cell]++;
    one[cell] = row;
    sumX[cell] += x;
    sumY[cell] += y;
    if (x < minX[cell]) minX[cell] = x;
    if (x > maxX[cell]) maxX[cell] = x;
    if (y < minY[cell]) minY[cell] = y;
    if (y > maxY[cell]) maxY[cell] = y;
  }
  const found = [];
  for (let cell = 0; cell < size.length; cell++) {
    if (!size[cell]) continue;
    const [longitude, latitude] = unmercator(sumX[cell] / size[cell], sumY[cell] / size[cell]);
    const [w, n] = unmercator(minX[cell], minY[cell]), [e, s] = unmercator(maxX[cell], maxY[cell]);
    const row = one[cell];
    found.push({
      longitude, latitude, count: size[cell], row: size[cell] === 1 ? row : null, box: [w, s, e, n],
      precision: size[cell] === 1 ? engine.codes("precision", row)[0] ?? "" : "",
      title: size[cell] === 1 ? engine.titles?.[row] ?? "" : "",
    });
  }
  return found;
}

function cellSize(zoom) {
  return zoom >= 14 ? 28 : zoom >= 11 ? 44 : 64;
}
