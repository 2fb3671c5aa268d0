// Keeps the page readable without a network, once visited.
//
// Files of a release never change, so what was fetched once stays true and comes from the store first; pages and the head,
// which name the release, come from the network first. `shell.json` names the files that make the page; another release,
// another store, and the old one goes when the new one is complete.

const HEAD = "data/head.json.gz";
const PREFIX = "essaim-";
const KEPT = /\/(data|js|i18n|icons|map|vendor)\/|\/(index|embed)\.html$|\.(css|js|json|webmanifest|svg|png|html)$/;

const here = new URL("./", self.location.href);

async function shell() {
  const answer = await fetch(new URL("shell.json", here), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`shell.json: ${answer.status}`);
  return answer.json();
}

/** Fetch the files that make the page, and the columns of the list, into the store of their release. */
async function install() {
  const { build, files } = await shell();
  const store = await caches.open(PREFIX + build);
  const wanted = files.filter((name) => !/^sql|duckdb|arrow/i.test(name.replace("vendor/", "")));
  for (let at = 0; at < wanted.length; at += 8) {
    await Promise.all(wanted.slice(at, at + 8).map(async (name) => {
      const address = new URL(name, here);
      if (!(await store.match(address))) await store.add(address);
    }));
  }
  await store.put(new URL("shell.json", here), new Response(JSON.stringify({ build })));
  return build;
}

/** Let stores of other releases go. */
async function tidy(build) {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== PREFIX + build) await caches.delete(name);
}

let current = null;

async function storeName() {
  if (current) return current;
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  for (const name of names) if (await (await caches.open(name)).match(new URL("shell.json", here))) current = name;
  return current;
}

self.addEventListener("install", (event) => {
  event.waitUntil(install().then((build) => { current = PREFIX + build; return self.skipWaiting(); }));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(storeName().then(async (name) => {
    if (name) await tidy(name.slice(PREFIX.length));
    await self.clients.claim();
  }));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== here.origin || !address.pathname.startsWith(here.pathname)) return;
  // Ranges of the database, and whatever is not ours to keep, go to the network as they are.
  if (event.request.headers.has("range")) return;
  if (event.request.mode === "navigate") { event.respondWith(page(event)); return; }
  if (address.pathname === here.pathname + HEAD) { event.respondWith(newest(event.request)); return; }
  if (KEPT.test(address.pathname)) event.respondWith(kept(event.request));
});

/** A page: from the network, so that a new release is seen at once; from the store where there is none. */
async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(renew().catch(() => { /* no network for it now: the next visit tries again */ }));
    return answer;
  } catch (error) {
    const address = new URL(event.request.url);
    address.hash = address.search = "";
    if (address.pathname.endsWith("/")) address.pathname += "index.html";
    const name = await storeName();
    const found = name && await (await caches.open(name)).match(address);
    if (found) return found;
    throw error;
  }
}

async function newest(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const name = await storeName();
    const found = name && await (await caches.open(name)).match(request.url);
    if (found) return found;
    throw error;
  }
}

/** Where the folder now holds another release (`latest` was switched), fetch it into a store of its own. */
async function renew() {
  const { build } = await shell();
  if (PREFIX + build === await storeName()) return;
  await install();
  current = PREFIX + build;
  await tidy(build);
}

async function kept(request) {
  const name = await storeName();
  if (!name) return fetch(request);
  const store = await caches.open(name);
  const found = await store.match(request, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) await store.put(request, answer.clone());
  return answer;
}
