// Elements are made here and nowhere else: text stays text, addresses are http or https, no markup is ever parsed.

/** An element. `props`: attributes; `class`, `text`, `on` (listeners), booleans as attributes. Children: nodes or text. */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "checked" || name === "value" || name === "indeterminate") element[name] = value;
    else if (name === "href" || name === "src") element.setAttribute(name, ours(value) ? value : "#");
    else if (name.startsWith("on")) throw new Error(`no listeners as attributes: ${name}`);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Addresses that a page of ours may hold: relative ones, the web, and mail that we write ourselves. */
function ours(address) {
  return /^(https?:\/\/|mailto:|blob:|#|\.{1,2}\/|[\w-]+(\.\w+)?([?#/]|$))/.test(address);
}

/** A web address from a source, or null for anything else ("javascript:", "data:", broken). */
export function webAddress(text) {
  if (typeof text !== "string") return null;
  try {
    const url = new URL(text.trim());
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link to a source's address, or its text alone where it is no web address. */
export function outside(address, text, props = {}) {
  const href = webAddress(address);
  if (!href) return el("span", { text: text ?? address ?? "" });
  return el("a", { href, rel: "noopener noreferrer nofollow", ...props }, text ?? shortAddress(href));
}

export function shortAddress(address) {
  try {
    const url = new URL(address);
    const path = url.pathname === "/" ? "" : url.pathname;
    const whole = url.hostname.replace(/^www\./, "") + path.replace(/\/$/, "");
    return whole.length > 60 ? `${whole.slice(0, 58)}…` : whole;
  } catch {
    return address;
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** A small drawing of ours: paths in a 24 × 24 square, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  for (const d of PATHS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const PATHS = {
  pin: ["M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21z", "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"],
  area: ["M12 2.5 20.2 7.2v9.6L12 21.5 3.8 16.8V7.2z"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  filter: ["M4 6h16", "M7 12h10", "M10 18h4"],
  list: ["M4 6h16", "M4 12h16", "M4 18h16"],
  map: ["M9 4 3 6.5v13L9 17l6 2.5 6-2.5v-13L15 6.500z", "M9 4v13", "M15 6.500v13"],
  near: ["M12 3v3", "M12 18v3", "M3 12h3", "M18 12h3", "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10z"],
  download: ["M12 4v11", "M7.500 11 12 15.500 16.500 11", "M5 20h14"],
  link: ["M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1", "M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1"],
  back: ["M15 5l-7 7 7 7"],
  feed: ["M5 19a1 1 0 1 0 0-.1z", "M5 12a7 7 0 0 1 7 7", "M5 5a14 14 0 0 1 14 14"],
  doubt: ["M12 3.500 21.500 20h-19z", "M12 10v4.500", "M12 17.200v.3"],
  search: ["M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M15.500 15.500 20 20"],
};

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}
