// <essaim-map territory="departement/35" theme="health" lang="fr" height="480"></essaim-map>: the map of a territory on any site.
// The map runs in a frame of its own, so that it can neither read nor change the page that shows it.
// A plain script, not a module: browsers take a module from another site only where its host sends CORS headers.

(() => {
  const here = document.currentScript.src;
  const ASKED = ["q", "theme", "beneficiaries", "status", "kind", "method", "sdg", "programme", "source", "region", "departement", "lang"];

  class EssaimMap extends HTMLElement {
    static observedAttributes = ["territory", "height", ...ASKED];

    connectedCallback() { this.draw(); }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }

    draw() {
      const asked = new URLSearchParams();
      for (const name of ASKED) for (const value of (this.getAttribute(name) ?? "").split(",").filter(Boolean)) asked.append(name, value.trim());
      const [level, code] = (this.getAttribute("territory") ?? "").split("/");
      const path = code ? `/t/${encodeURIComponent(level)}/${encodeURIComponent(code)}` : "/";
      const address = new URL("embed.html", here);
      address.hash = `${path}${asked.size ? `?${asked}` : ""}`;
      const frame = document.createElement("iframe");
      frame.src = address.href;
      frame.title = this.getAttribute("title") ?? "Essaim";
      frame.loading = "lazy";
      frame.style.cssText = "border:0;width:100%;display:block";
      frame.height = this.getAttribute("height") ?? "480";
      this.replaceChildren(frame);
    }
  }

  if (!customElements.get("essaim-map")) customElements.define("essaim-map", EssaimMap);
})();
