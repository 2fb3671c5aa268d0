// The head of a territory's page: its figures, its feed, and how to put its map on another site.

import { el, icon, replace } from "./dom.js";
import { label, number, t } from "./i18n.js";
import { territoryAddress, write, blank } from "./state.js";

export function drawTerritory(parent, head, territory, counts, lang) {
  const { level, code, name } = territory;
  const themes = head.facets.theme.values
    .map((value, at) => ({ ...value, count: counts.theme[at] }))
    .filter((value) => !value.code.includes("/") && value.count)
    .sort((a, b) => b.count - a.count).slice(0, 5);
  const most = Math.max(1, ...themes.map((theme) => theme.count));
  const up = [
    level === "commune" && territory.epci?.[0] ? ["epci", ...territory.epci] : null,
    level === "commune" || level === "epci" ? territory.departement && ["departement", territory.departement, territory.departementName || territory.departement] : null,
    level !== "region" && territory.regionCode ? ["region", territory.regionCode, territory.region] : null,
  ].filter(Boolean);
  const feed = head.feeds.includes(`${level}-${code}`) ? `../feeds/${level}-${code}.atom` : null;
  replace(parent,
    el("p", { class: "kicker", text: t(`territory.${level}`) }),
    el("h1", { tabindex: "-1", text: level === "departement" ? `${name} (${code})` : name }),
    up.length ? el("p", { class: "up" }, up.map(([upLevel, upCode, upName], at) => [at ? " · " : "", el("a", { href: territoryAddress(upLevel, upCode, lang), text: upName })])) : null,
    el("p", { class: "lead", text: t("territory.count", { n: territory.total }) }),
    themes.length ? el("ul", { class: "bars", "aria-label": t("facet.theme") }, themes.map((theme) => el("li", {},
      el("a", { href: write({ ...blank(), view: "territory", territory: { level, code }, facets: { theme: [theme.code] }, lang }), text: label(theme) }),
      el("meter", { min: 0, max: most, value: theme.count, "aria-hidden": "true" }),
      el("b", { text: number(theme.count) })))) : null,
    el("div", { class: "buttons" },
      feed ? el("a", { class: "button", href: feed, type: "application/atom+xml" }, icon("feed"), t("territory.feed")) : null,
      embed({ level, code, name })));
}

/** What to copy to show this map elsewhere. */
function embed({ level, code, name }) {
  const base = new URL(".", location.href).href.replace(/#.*$/, "");
  const frame = `<iframe src="${base}embed.html#/t/${level}/${encodeURIComponent(code)}" title="${attribute(t("embed.title", { name }))}" width="100%" height="480" loading="lazy" style="border:0"></iframe>`;
  const component = `<script src="${base}essaim-map.js" defer></script>\n<essaim-map territory="${level}/${attribute(code)}" height="480"></essaim-map>`;
  const area = (id, text, value) => el("p", {}, el("label", { for: id, text }), el("textarea", {
    id, readonly: true, rows: 3, spellcheck: "false", value, on: { focus: (event) => event.target.select() },
  }));
  return el("details", { class: "embed" }, el("summary", { class: "button", text: t("embed.open") }),
    el("div", {}, area("embed-frame", t("embed.frame"), frame), area("embed-component", t("embed.component"), component)));
}

const attribute = (text) => text.replace(/[&"<>]/g, (sign) => ({ "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" })[sign]);
