// The pages of listening: matches that arrive appear by themselves; a repair that is offered is taken with one click.
(() => {
  "use strict";
  const matches = document.getElementById("matches");
  if (matches) document.addEventListener("parvis:live", (event) => {
    if (!event.detail.many && !event.detail.ids.includes("match:" + matches.dataset.query)) return;
    const address = new URL(matches.dataset.refresh, location.href);
    if (address.searchParams.get("before")) return; // somebody reads further back: nothing moves under them
    address.searchParams.set("part", "matches");
    htmx.ajax("GET", address.pathname + address.search, { target: "#matches", swap: "innerHTML" });
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-repair]");
    const text = document.querySelector("#query-form textarea[name=text]");
    if (!button || !text) return;
    text.value = button.dataset.repair;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
})();
