// The map of a territory or a selection on another site: the same address as in the explorer, `embed.html#/t/…`.

import { jsonOf } from "./binary.js";
import { Client } from "./client.js";
import { preferred, t, useLanguage } from "./i18n.js";
import { canDraw, ExplorerMap, HOME, noMap } from "./map.js";
import { initiativeAddress, parse, specOf, write } from "./state.js";

const $ = (id) => document.getElementById(id);
const whole = (address) => new URL(`index.html${address}`, location.href).href;

async function boot() {
  const state = parse(location.hash);
  const [head] = await Promise.all([jsonOf("data/head.json.gz", { cache: "no-cache" }), useLanguage(preferred(state.lang))]);
  const client = new Client();
  client.ask("open", { base: new URL(`data/${head.build}/`, location.href).href, head }).catch(failed);
  $("whole").href = whole(write(state));
  const spec = specOf(state);
  const { total, bounds } = await client.ask("query", { spec, rows: 0, fit: true });
  const territory = spec.territory ? await client.ask("territory", { territory: spec.territory }) : null;
  $("name").textContent = territory?.name ?? "";
  $("count").textContent = t("count", { n: total });
  if (territory?.name) document.title = `${territory.name} · Essaim`;
  if (!canDraw()) noMap($("map"));
  else {
    const open = (address) => window.open(whole(address), "_blank", "noopener");
    const map = new ExplorerMap($("map"), {
      onCells: (view) => client.ask("clusters", { view }),
      onOpen: (row) => client.ask("ids", { rows: [row] }).then(([id]) => open(initiativeAddress(id, state.lang))),
      onBox: (box) => open(write({ ...state, box: box.map((one) => Math.round(one * 1e5) / 1e5) })),
    });
    await map.start(HOME);
    if (spec.territory) map.showArea(spec.territory);
    const own = spec.territory && map.boundsOf(spec.territory);
    if (own ?? bounds) map.fit(own ?? bounds);
  }
  document.documentElement.classList.add("ready");
}

function failed(error) {
  $("count").textContent = `${t("error.load")} ${error.message}`;
}

boot().catch(failed);
