// The facets: one group each, boxes with counts; what is chosen stays in sight, long lists can be searched.

import { el, icon, replace } from "./dom.js";
import { countryName, current, label, number, t } from "./i18n.js";
import { fold } from "./fold.js";

const SHORT = 7;
const OPEN = new Set(["theme", "region"]);

export class Facets {
  constructor(parent, head, onChange) {
    this.parent = parent;
    this.head = head;
    this.onChange = onChange;
    this.wide = new Set();
    this.filters = new Map();
    this.open = new Set(OPEN);
    this.areas = null;
    this.groups = new Map();
  }

  /** Values of a facet with their labels: the head's, and areas once the places are there. */
  values(name) {
    if (this.areas?.[name]) {
      return this.areas[name].map(([code, text]) => ({
        code, label: name === "country" ? countryName(code) : name === "departement" ? `${text} (${code})` : text,
      }));
    }
    return (this.head.facets[name]?.values ?? []).map((value) => ({ code: value.code, label: label(value) }));
  }

  labelOf(name, code) {
    return this.values(name).find((value) => value.code === code)?.label ?? code;
  }

  /** Draw all groups in the order of `names`, with `counts` (name → counts in the order of values) and what is chosen. */
  draw(names, counts, chosen) {
    const active = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    const drawn = names.map((name) => this.group(name, counts[name], chosen[name] ?? [])).filter(Boolean);
    replace(this.parent, drawn);
    if (active) this.parent.querySelector(`[data-key="${CSS.escape(active)}"]`)?.focus();
  }

  group(name, counts, chosen) {
    if (!counts) return null;
    const values = this.values(name).map((value, at) => ({ ...value, count: counts[at] ?? 0, on: chosen.includes(value.code) }));
    if (!values.some((value) => value.count || value.on)) return null;
    const open = this.open.has(name) || chosen.length > 0;
    const body = el("div", { class: "facet-body" });
    const group = el("details", { class: "facet", open, "data-facet": name, on: {
      toggle: (event) => {
        if (event.target.open) this.open.add(name); else this.open.delete(name);
      },
    } },
    el("summary", { "data-key": `${name}|` }, el("span", { text: t(`facet.${name}`) }), chosen.length ? el("b", { class: "badge", text: number(chosen.length) }) : null),
    body);
    replace(body, this.boxes(name, values, chosen));
    return group;
  }

  boxes(name, values, chosen) {
    if (name === "theme") return this.tree(name, values, chosen);
    const sorted = values.filter((value) => value.count || value.on);
    if (!["precision", "status"].includes(name)) {
      sorted.sort((a, b) => b.on - a.on || b.count - a.count || a.label.localeCompare(b.label, current()));
    }
    const wide = this.wide.has(name);
    const wanted = fold(this.filters.get(name) ?? "");
    const matching = wanted ? sorted.filter((value) => fold(value.label).includes(wanted)) : sorted;
    const shown = wide ? matching.slice(0, 200) : matching.slice(0, SHORT);
    const list = el("ul", { class: "boxes" }, shown.map((value) => this.box(name, value, chosen)));
    const parts = [el("fieldset", {}, el("legend", { class: "visually-hidden", text: t(`facet.${name}`) }), list)];
    if (wide && sorted.length > 15) {
      parts.unshift(el("input", {
        type: "search", class: "facet-search", "data-key": `${name}|?`, value: this.filters.get(name) ?? "",
        "aria-label": t("facet.search", { facet: t(`facet.${name}`) }), placeholder: t("facet.find"),
        on: { input: (event) => { this.filters.set(name, event.target.value); this.redraw(name, values, chosen); } },
      }));
    }
    if (sorted.length > SHORT) {
      parts.push(el("button", {
        type: "button", class: "more", "data-key": `${name}|+`, "aria-expanded": String(wide),
        text: wide ? t("facet.less") : t("facet.more", { n: sorted.length - SHORT }),
        on: { click: () => {
          if (wide) { this.wide.delete(name); this.filters.delete(name); } else this.wide.add(name);
          this.redraw(name, values, chosen);
        } },
      }));
    }
    return parts;
  }

  redraw(name, values, chosen) {
    const body = this.parent.querySelector(`[data-facet="${name}"] .facet-body`);
    const active = document.activeElement?.dataset.key;
    replace(body, this.boxes(name, values, chosen));
    const again = active && body.querySelector(`[data-key="${CSS.escape(active)}"]`);
    if (again) {
      again.focus();
      if (again.type === "search") again.setSelectionRange(again.value.length, again.value.length);
    }
  }

  /** Themes with their sub-themes, which show where the theme, or one of them, is chosen. */
  tree(name, values, chosen) {
    const parents = values.filter((value) => !value.code.includes("/") && (value.count || value.on))
      .sort((a, b) => b.count - a.count || a.label.localeCompare(b.label, current()));
    const wide = this.wide.has(name);
    const shown = parents.filter((value, at) => wide || at < SHORT || value.on || chosen.some((code) => code.startsWith(`${value.code}/`)));
    const items = shown.map((value) => {
      const below = values.filter((one) => one.code.startsWith(`${value.code}/`) && (one.count || one.on));
      const open = value.on || below.some((one) => one.on);
      const item = this.box(name, value, chosen);
      if (open && below.length) item.append(el("ul", { class: "boxes below" }, below.map((one) => this.box(name, one, chosen))));
      return item;
    });
    const parts = [el("fieldset", {}, el("legend", { class: "visually-hidden", text: t(`facet.${name}`) }), el("ul", { class: "boxes" }, items))];
    if (parents.length > SHORT) {
      parts.push(el("button", {
        type: "button", class: "more", "data-key": `${name}|+`, "aria-expanded": String(wide),
        text: wide ? t("facet.less") : t("facet.more", { n: parents.length - SHORT }),
        on: { click: () => { if (wide) this.wide.delete(name); else this.wide.add(name); this.redraw(name, values, chosen); } },
      }));
    }
    return parts;
  }

  box(name, value, chosen) {
    return el("li", {}, el("label", { class: value.on ? "box on" : "box" },
      el("input", {
        type: "checkbox", checked: value.on, "data-key": `${name}|${value.code}`,
        on: { change: (event) => this.change(name, value.code, event.target.checked, chosen) },
      }),
      el("span", { class: "box-label", text: value.label }),
      el("span", { class: "count" }, el("span", { class: "visually-hidden", text: ": " }), number(value.count))));
  }

  /** A theme and its own sub-themes are not chosen together: the narrower choice stands. */
  change(name, code, on, chosen) {
    let codes = chosen.filter((one) => one !== code);
    if (name === "theme") {
      codes = on ? codes.filter((one) => !one.startsWith(`${code}/`) && one !== code.split("/")[0])
        : codes.filter((one) => !one.startsWith(`${code}/`));
    }
    this.onChange(name, on ? [...codes, code] : codes);
  }

  /** What is chosen, as buttons that take it away. */
  chips(chosen) {
    return Object.entries(chosen).flatMap(([name, codes]) => codes.map((code) => el("li", {}, el("button", {
      type: "button", class: "chip", on: { click: () => this.change(name, code, false, codes) },
    }, el("span", { class: "visually-hidden", text: `${t("filter.remove")} ` }),
    el("span", { class: "chip-facet", text: `${t(`facet.${name}`)} : ` }), this.labelOf(name, code), icon("close")))));
  }
}
