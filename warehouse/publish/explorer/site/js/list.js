// The list of what was found: one article an initiative, in the order of the worker.

import { el, icon, replace } from "./dom.js";
import { countryName, distanceText, label, number, t } from "./i18n.js";
import { adds } from "./fold.js";
import { initiativeAddress } from "./state.js";

export const IMPRECISE = new Set(["commune", "departement", "region", "country"]);

export function placeText(row) {
  const abroad = row.country && row.country !== "FR" ? countryName(row.country) : "";
  const commune = row.commune ? row.commune + (row.departement ? ` (${row.departement})` : "") : "";
  return [commune || row.region, abroad].filter(Boolean).join(", ") || (row.country === "FR" ? t("place.france") : t("place.none"));
}

export class List {
  constructor(parent, head, { onHover, lang }) {
    this.parent = parent;
    this.onHover = onHover;
    this.lang = lang;
    this.themes = new Map(head.facets.theme.values.map((value) => [value.code, value]));
    this.status = new Map(head.facets.status.values.map((value) => [value.code, value]));
  }

  draw(rows) {
    replace(this.parent, rows.map((row) => this.item(row)));
  }

  append(rows) {
    const items = rows.map((row) => this.item(row));
    this.parent.append(...items);
    items[0]?.querySelector("a").focus();
  }

  item(row) {
    const themes = row.themes.filter((code) => code.includes("/") || !row.themes.some((other) => other.startsWith(`${code}/`)));
    const facts = [
      el("span", { class: "place" }, icon(IMPRECISE.has(row.precision) ? "area" : "pin"), placeText(row)),
      row.distance !== null && row.distance !== undefined && row.distance < 1e8 ? el("span", { class: "distance", text: distanceText(row.distance) }) : null,
      row.status && row.status !== "unknown" ? el("span", { class: "status", text: label(this.status.get(row.status)) }) : null,
      row.sources > 1 ? el("span", { class: "sources", text: t("list.sources", { n: row.sources }) }) : null,
    ];
    return el("li", { "data-row": row.row, on: {
      mouseenter: () => this.onHover?.(row.row), mouseleave: () => this.onHover?.(null),
    } }, el("article", { class: "card" },
      el("h3", {}, el("a", { href: this.address(row), "data-id": row.id, text: row.title || "…" })),
      el("p", { class: "facts" }, facts),
      el("p", { class: "snippet", hidden: true }),
      themes.length ? el("ul", { class: row.guessed ? "tags guessed" : "tags", "aria-label": row.guessed ? t("list.guessed") : t("facet.theme") },
        themes.slice(0, 4).map((code) => el("li", { text: label(this.themes.get(code)) })),
        themes.length > 4 ? el("li", { class: "rest", text: `+${number(themes.length - 4)}` }) : null) : null));
  }

  address(row) {
    return row.id ? initiativeAddress(row.id, this.lang()) : `#/r/${row.row}`;
  }

  /** Ids that came after the rows were drawn. */
  async fillIds(ask) {
    const missing = [...this.parent.querySelectorAll("a[href^='#/r/']")];
    if (!missing.length) return;
    const ids = await ask(missing.map((link) => Number(link.closest("[data-row]").dataset.row)));
    missing.forEach((link, at) => {
      link.setAttribute("href", initiativeAddress(ids[at], this.lang()));
      link.dataset.id = ids[at];
    });
  }

  fillSummaries(found) {
    for (const [row, { summary, organisation }] of Object.entries(found)) {
      const snippet = this.parent.querySelector(`[data-row="${row}"] .snippet`);
      const title = snippet?.parentElement.querySelector("h3").textContent ?? "";
      // What only says the name again is no extract.
      const text = adds(summary, title) ? summary : adds(organisation, title) ? t("list.by", { organisation }) : null;
      if (!snippet || !text) continue;
      snippet.textContent = text.length > 180 ? `${text.slice(0, text.lastIndexOf(" ", 178))}…` : text;
      snippet.hidden = false;
    }
  }

  skeleton() {
    replace(this.parent, Array.from({ length: 8 }, () => el("li", { class: "skeleton", "aria-hidden": "true" }, el("div"), el("div"), el("div"))));
  }

  mark(row) {
    for (const item of this.parent.querySelectorAll(".marked")) item.classList.remove("marked");
    if (row !== null) this.parent.querySelector(`[data-row="${row}"]`)?.classList.add("marked");
  }
}
