// The page of one initiative: facts, doubts said plainly, sources, where each value comes from, what is alike.

import { message } from "./contact.js";
import { el, icon, outside, replace, webAddress } from "./dom.js";
import { adds } from "./fold.js";
import { countryName, current, dateText, label, number, t } from "./i18n.js";
import { IMPRECISE, placeText } from "./list.js";
import { evidence, shared } from "./reasons.js";
import { blank, initiativeAddress, territoryAddress, write } from "./state.js";

const DOUBTFUL_GUESS = 0.6;
const FIRST_MATCHES = 4;
const PLACE_FIELDS = new Set(["latitude", "longitude", "geo_precision", "geo_method", "geo_confidence"]);

export class InitiativePage {
  constructor(parent, head, lang) {
    Object.assign(this, { parent, head, lang });
    this.sources = new Map(head.sources.map((source) => [source.id, source]));
  }

  draw({ entry, row, neighbours }) {
    const facts = entry.initiative;
    this.facts = facts;
    document.title = `${facts.name} · Essaim`;
    replace(this.parent,
      el("nav", { class: "back", "aria-label": t("page.where") }, el("a", { href: "#/", "data-back": true }, icon("back"), t("page.back"))),
      el("header", { class: "page-head" },
        el("h1", { tabindex: "-1", text: facts.name }),
        el("p", { class: "facts" },
          el("span", { class: "place" }, icon(IMPRECISE.has(row.precision) ? "area" : "pin"), placeText(row)),
          facts.status && facts.status !== "unknown" ? el("span", { class: "status", text: this.code("status", facts.status) }) : null,
          adds(facts.organisation_name, facts.name) ? el("span", { text: facts.organisation_name }) : null),
        this.themes(row),
        webAddress(facts.url) ? el("p", { class: "site" }, outside(facts.url, null, { class: "button primary" })) : null),
      this.summary(facts, entry.values ?? []),
      this.doubts(facts, row, entry),
      el("div", { class: "map-slot", id: "map-slot" }),
      this.section("page.facts", this.list(facts)),
      this.partners(facts),
      this.sourceList(entry.sources ?? []),
      this.provenance(entry.values ?? []),
      this.matches(entry.matches ?? []),
      this.history(facts, entry.changes ?? []),
      this.alike(entry.similar ?? [], entry.related ?? [], neighbours ?? []),
      this.actions(facts));
  }

  missing(id, moved) {
    document.title = `${t("page.missing")} · Essaim`;
    replace(this.parent,
      el("nav", { class: "back", "aria-label": t("page.where") }, el("a", { href: "#/", "data-back": true }, icon("back"), t("page.back"))),
      el("h1", { tabindex: "-1", text: t("page.missing") }),
      el("p", { text: moved ? t("page.moved", { id }) : t("page.unknown", { id }) }),
      moved ? el("p", {}, el("a", { href: initiativeAddress(moved, this.lang()), text: t("page.follow") })) : null);
  }

  code(facet, code) {
    return label(this.head.facets[facet].values.find((value) => value.code === code)) || code;
  }

  section(title, ...children) {
    const kept = children.flat().filter(Boolean);
    if (!kept.length) return null;
    const id = `section-${title.replace(".", "-")}`;
    return el("section", { "aria-labelledby": id }, el("h2", { id, text: t(title) }), kept);
  }

  themes(row) {
    if (!row.themes.length) return null;
    const shown = row.themes.filter((code) => code.includes("/") || !row.themes.some((other) => other.startsWith(`${code}/`)));
    return el("ul", { class: row.guessed ? "tags guessed" : "tags", "aria-label": t("facet.theme") },
      shown.map((code) => el("li", {}, el("a", {
        href: write({ ...blank(), facets: { theme: [code] }, lang: this.lang() }), text: this.code("theme", code),
      }))));
  }

  summary(facts, values) {
    if (!facts.summary && !facts.impact) return null;
    const from = values.find((value) => value.field === "summary");
    const source = from && this.sources.get(from.source_id);
    return el("div", { class: "summary" },
      facts.summary ? el("blockquote", { lang: facts.language ?? null, text: facts.summary }) : null,
      facts.impact ? el("blockquote", { lang: facts.language ?? null, text: facts.impact }) : null,
      source ? el("p", { class: "credit", text: t("page.credit", { source: source.title }) }) : null);
  }

  /** What a reader should know before believing: said in words, one item each. */
  doubts(facts, row, entry) {
    const found = [];
    if (row.precision === "none") found.push(t("doubt.nowhere"));
    else if (IMPRECISE.has(row.precision)) found.push(t(`doubt.${row.precision}`, { place: placeText(row) }));
    if (facts.geo_conflict) found.push([t("doubt.conflict"), " ", el("span", { text: evidence(facts.geo_conflict) })]);
    if (facts.geo_confidence > 0 && facts.geo_confidence < 0.6) {
      found.push(t("doubt.place", { percent: Math.round(facts.geo_confidence * 100) }));
    }
    if (row.guessed) {
      const best = Math.max(...(facts.themes_predicted ?? []).map((one) => one.confidence));
      found.push(t(best < DOUBTFUL_GUESS ? "doubt.themes.weak" : "doubt.themes", { percent: Math.round(best * 100) }));
    }
    if (facts.status === "unknown") found.push(t("doubt.status"));
    for (const source of (entry.sources ?? []).filter((one) => one.stale_since)) {
      found.push(t("doubt.stale", { source: this.sources.get(source.source_id)?.title ?? source.source_id, date: dateText(source.stale_since) }));
    }
    if (!found.length) return null;
    return el("section", { class: "doubts", "aria-labelledby": "doubts" },
      el("h2", { id: "doubts" }, icon("doubt"), t("page.doubts")), el("ul", {}, found.map((one) => el("li", {}, one))));
  }

  list(facts) {
    const territory = (level, code, name) => (code ? el("a", { href: territoryAddress(level, code, this.lang()), text: name ?? code }) : null);
    const coded = (facet, codes) => (codes?.length ? codes.map((code) => this.code(facet, String(code))).join(", ") : null);
    const rows = [
      ["organisation_name", facts.organisation_name],
      ["organisation_kind", facts.organisation_kind && this.code("kind", facts.organisation_kind)],
      ["siren", facts.siren], ["siret", facts.siret], ["rna", facts.rna],
      ["started_on", facts.started_on && dateText(facts.started_on)], ["ended_on", facts.ended_on && dateText(facts.ended_on)],
      ["address", [facts.address, facts.postcode].filter(Boolean).join(", ")],
      ["commune", facts.insee_code ? territory("commune", facts.insee_code, facts.commune) : facts.commune],
      ["epci", territory("epci", facts.epci_code, facts.epci)],
      ["departement", territory("departement", facts.departement_code, facts.departement)],
      ["region", facts.region_code ? territory("region", facts.region_code, facts.region) : facts.region],
      ["country", facts.country && countryName(facts.country)],
      ["contact_email", facts.contact_email && el("a", { href: `mailto:${encodeURIComponent(facts.contact_email).replace("%40", "@")}`, text: facts.contact_email })],
      ["contact_phone", facts.contact_phone],
      ["beneficiaries", coded("beneficiaries", facts.beneficiaries)], ["methods", coded("method", facts.methods)],
      ["sdgs", coded("sdg", facts.sdgs)],
      ["programmes", facts.programmes?.length ? el("ul", {}, facts.programmes.map((one) => el("li", {
        text: [one.name, one.theme, one.organiser, one.year].filter(Boolean).join(", "),
      }))) : null],
      ["needs", facts.needs?.length ? el("ul", {}, facts.needs.map((need) => el("li", { text: need }))) : null],
      ["funding_kinds", facts.funding_kinds?.length ? facts.funding_kinds.map((code) => label(this.head.words.funding_kinds[code])).join(", ") : null],
      ["funders", facts.funders?.join(", ")],
      ["osm", facts.osm && outside(`https://www.openstreetmap.org/${facts.osm}`, facts.osm)],
      ["wikidata", facts.wikidata && outside(`https://www.wikidata.org/wiki/${facts.wikidata}`, facts.wikidata)],
    ].filter(([, value]) => value);
    return el("dl", { class: "fact-list" }, rows.map(([field, value]) => el("div", {}, el("dt", { text: t(`field.${field}`) }), el("dd", {}, value))));
  }

  partners(facts) {
    if (!facts.partners?.length) return null;
    return this.section("field.partners", el("ul", { class: "partners" }, facts.partners.map((partner) => el("li", {},
      el("strong", { text: partner.name ?? "" }), [partner.kind, partner.contribution, partner.motivation].filter(Boolean).map((text) => [" · ", text])))));
  }

  sourceList(sources) {
    return this.section("page.sources", el("ul", { class: "sources-list" }, sources.map((one) => {
      const source = this.sources.get(one.source_id) ?? { title: one.source_id, licence_title: one.licence };
      return el("li", {},
        el("h3", { text: source.title }),
        el("p", {}, webAddress(one.record_url) ? [outside(one.record_url, t("source.record")), " · "] : null,
          source.url ? outside(source.url, source.publisher) : source.publisher ?? ""),
        el("p", { class: "quiet" }, t("source.licence"), " ", webAddress(source.licence_url) ? outside(source.licence_url, source.licence_title) : t("source.closed"),
          source.open === false ? ` (${t("source.facts")})` : ""),
        el("p", { class: "quiet" }, t("source.read", { date: dateText(one.checked_on) }),
          one.stale_since ? el("strong", { class: "stale", text: ` ${t("source.stale", { date: dateText(one.stale_since) })}` }) : null),
        el("p", { class: "quiet", text: one.attribution }));
    })));
  }

  /** The table of where each value comes from, drawn when it is opened. */
  provenance(values) {
    if (!values.length) return null;
    const details = el("details", { class: "provenance" }, el("summary", { text: t("page.provenance", { n: values.length }) }));
    details.addEventListener("toggle", () => {
      if (details.querySelector("table")) return;
      const body = values.map((value) => el("tr", {},
        el("th", { scope: "row", text: t(`field.${value.field}`) + (value.rank > 1 ? ` ${value.rank}` : "") }),
        el("td", { text: this.shown(value) }),
        el("td", { text: this.sources.get(value.source_id)?.title ?? value.source_id }),
        el("td", { text: rule(value.rule) }),
        el("td", { class: "original", text: value.original ?? "" })));
      details.append(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("page.provenance", { n: values.length }) },
        el("table", {}, el("thead", {}, el("tr", {}, ["field", "value", "source", "rule", "original"].map((name) => el("th", { scope: "col", text: t(`provenance.${name}`) })))),
          el("tbody", {}, body))));
    });
    return this.section("page.where-from", el("p", { class: "quiet", text: t("page.where-from-text") }), details);
  }

  shown({ field, rank }) {
    const value = this.facts[field];
    const one = Array.isArray(value) ? value[rank - 1] : value;
    if (one === null || one === undefined) return "";
    if (typeof one === "object") return Object.values(one).filter((part) => part !== null).join(", ");
    if (PLACE_FIELDS.has(field) && typeof one === "number") return number(one);
    return String(one);
  }

  matches(matches) {
    if (!matches.length) return null;
    const title = (id) => this.sources.get(id)?.title ?? id;
    // The surest first; where many sources know an initiative, most pairs say the same.
    const told = matches.toSorted((a, b) => b.score - a.score).map((match) => el("li", {},
      t("match.pair", { left: title(match.left), right: title(match.right) }), " ", el("span", { text: evidence(match.reason) }),
      ` (${t("match.score", { percent: Math.round(match.score * 100) })})`));
    const rest = told.splice(FIRST_MATCHES);
    return this.section("page.matches", el("p", { class: "quiet", text: t("page.matches-text") }), el("ul", {}, told),
      rest.length ? el("details", { class: "rest" }, el("summary", { text: t("page.matches-more", { n: rest.length }) }), el("ul", {}, rest)) : null);
  }

  history(facts, changes) {
    return this.section("page.history", el("ul", {},
      el("li", { text: t("history.first", { date: dateText(facts.first_seen) }) }),
      facts.changed_on !== facts.first_seen ? el("li", { text: t("history.changed", { date: dateText(facts.changed_on) }) }) : null,
      changes.filter((change) => change.kind !== "added").slice(0, 20).map((change) => el("li", {},
        change.kind === "changed" ? t("history.changedfield", { field: t(`field.${change.field}`) }) : t(`history.${change.kind}`),
        change.kind === "changed" ? [" ", el("del", { text: clipped(change.before) }), " → ", el("ins", { text: clipped(change.after) })] : null))));
  }

  alike(similar, related, neighbours) {
    const link = (one) => el("li", {}, el("a", { href: initiativeAddress(one.id, this.lang()), text: one.name }),
      el("span", { class: "quiet", text: [placeText({ ...one, departement: one.departement_code ?? one.departement }),
        one.distance_km !== null && one.distance_km !== undefined ? `${number(one.distance_km)} km` : ""].filter(Boolean).map((text) => ` · ${text}`).join("") }),
      one.reason ? el("span", { class: "quiet reason", text: shared(one.reason, this.head.facets.theme.values) }) : null);
    const nearby = similar.filter((one) => one.scope === "nearby"), elsewhere = similar.filter((one) => one.scope !== "nearby");
    return [
      related.length ? this.section("page.related", el("ul", { class: "alike" }, related.map((one) => el("li", {},
        el("a", { href: initiativeAddress(one.id, this.lang()), text: one.name }), one.reason ? el("span", { class: "quiet", text: ` · ${evidence(one.reason)}` }) : null)))) : null,
      nearby.length ? this.section("page.nearby", el("ul", { class: "alike" }, nearby.map(link)))
        : neighbours.length ? this.section("page.neighbours", el("ul", { class: "alike" }, neighbours.map(link))) : null,
      elsewhere.length ? this.section("page.elsewhere", el("ul", { class: "alike" }, elsewhere.map(link))) : null,
    ];
  }

  actions(facts) {
    const page = location.href;
    const about = { id: facts.initiative_id, title: facts.name, page };
    const links = ["correct", "same", "withdraw"].map((kind) => {
      const href = message(this.head.contact, kind, about);
      return href ? el("li", {}, el("a", { href, class: "button", text: t(`message.${kind}`) })) : null;
    });
    const copied = el("span", { role: "status", class: "quiet" });
    return this.section("page.actions",
      this.head.contact ? el("ul", { class: "buttons" }, links) : el("p", { class: "quiet", text: t("message.nobody") }),
      el("p", {}, el("button", { type: "button", class: "button", on: { click: async () => {
        try {
          await navigator.clipboard.writeText(location.href);
          copied.textContent = t("page.copied");
        } catch {
          copied.textContent = location.href;
        }
      } } }, icon("link"), t("page.copy")), " ", copied),
      el("p", { class: "quiet" }, t("page.id"), " ", el("code", { text: facts.initiative_id }), ` · ${t("page.licence")} `, facts.licence === "LicenseRef-facts-only" ? t("source.facts") : facts.licence));
  }
}

const clipped = (text) => (text === null ? "∅" : text.length > 120 ? `${text.slice(0, 119)}…` : text);

/** A rule of the merging in the reader's language, where we have it. */
function rule(text) {
  if (current() === "en") return text;
  const agreed = /^agreed by (\d+) of (\d+) sources$/.exec(text);
  if (agreed) return t("rule.agreed", { some: agreed[1], all: agreed[2] });
  const longest = /^longest of (\d+) texts$/.exec(text);
  if (longest) return t("rule.longest", { all: longest[1] });
  const guessed = /^predicted theme, confidence ([\d.]+)$/.exec(text);
  if (guessed) return t("rule.predicted", { confidence: guessed[1].replace(".", ",") });
  const key = `rule.${text}`, known = t(key);
  return known === key ? text : known;
}
