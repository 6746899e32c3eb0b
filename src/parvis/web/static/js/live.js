// One live stream a browser: the page that holds the lock listens and tells the others. Pages refresh what they
// show, at most every two seconds (data-live-pause says otherwise), in one request, however many events came.
(() => {
  "use strict";
  const url = document.body.dataset.stream;
  if (!url || !window.EventSource) return;
  const channel = window.BroadcastChannel ? new BroadcastChannel("parvis") : null;
  const pending = { ids: new Set(), many: false, kinds: new Set(), jobs: [] };
  const PAUSE_MS = Number(document.querySelector("[data-live-pause]")?.dataset.livePause) || 2000;
  const FIRST_MS = Math.min(250, PAUSE_MS);
  let timer = 0, last = 0;

  function take(told) {
    for (const [kind, ids] of Object.entries(told)) {
      if (kind === "many") pending.many ||= ids;
      else if (kind === "jobs") pending.jobs.push(...ids);
      else { pending.kinds.add(kind); if (kind !== "channel") ids.forEach((id) => pending.ids.add(kind + ":" + id)); }
    }
    const wait = Math.max(FIRST_MS, last + PAUSE_MS - Date.now());
    timer ||= setTimeout(flush, wait);
  }
  function flush() {
    timer = 0;
    if (document.hidden) return;
    last = Date.now();
    const detail = { ids: [...pending.ids].slice(-100), many: pending.many || pending.ids.size > 100, kinds: [...pending.kinds], jobs: pending.jobs };
    pending.ids.clear(); pending.kinds.clear(); pending.many = false; pending.jobs = [];
    document.dispatchEvent(new CustomEvent("parvis:live", { detail }));
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (pending.ids.size || pending.many || pending.kinds.size) && !timer) flush();
  });

  function listen() {
    const source = new EventSource(url);
    source.addEventListener("live", (event) => {
      const told = JSON.parse(event.data);
      channel?.postMessage(told);
      take(told);
    });
    source.addEventListener("end", () => source.close());
    return new Promise((done) => addEventListener("pagehide", () => { source.close(); done(); }, { once: true }));
  }
  channel?.addEventListener("message", (event) => take(event.data));
  const start = () => (channel && navigator.locks ? navigator.locks.request("parvis-stream", listen) : listen());
  addEventListener("pageshow", (event) => { if (event.persisted) { take({ many: true }); start(); } });
  start();

  // A part that says which kinds of change touch it (data-refresh-on) is read again, unless somebody writes in it.
  const isWritten = (field) => field.value !== field.defaultValue || field === document.activeElement;
  function refresh(detail) {
    for (const part of document.querySelectorAll("[id][data-refresh-on]")) {
      const isTouched = detail.many || part.dataset.refreshOn.split(" ").some((kind) => detail.kinds.includes(kind));
      if (!isTouched || !window.htmx || [...part.querySelectorAll("input, textarea")].some(isWritten)) continue;
      htmx.ajax("GET", location.href, { target: "#" + part.id, select: "#" + part.id, swap: "outerHTML" });
    }
  }
  // What somebody is asked about stays as it is until they have answered: another button would not be the one they pressed.
  const held = [];
  document.addEventListener("parvis:live", ({ detail }) => {
    const question = document.querySelector("dialog[open]");
    if (!question) { refresh(detail); return; }
    if (!held.length) question.addEventListener("close", () => setTimeout(() => held.splice(0).forEach(refresh)), { once: true });
    held.push(detail);
  });
})();
