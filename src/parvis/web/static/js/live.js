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
  const MOST_KEPT = 50;
  // The page says up to where it knows: what came between its making and its first word is told too.
  const address = new URL(url, location.href), heard = [];
  let known = Number(address.searchParams.get("after")) || 0, timer = 0, last = 0;

  function take({ id, ...told }) {
    known = Math.max(known, id || 0);
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
    address.searchParams.set("after", known);
    const source = new EventSource(address);
    source.addEventListener("live", (event) => {
      const told = { id: Number(event.lastEventId) || 0, ...JSON.parse(event.data) };
      heard.push(told);
      if (heard.length > MOST_KEPT) heard.shift();
      channel?.postMessage(told);
      take(told);
    });
    channel?.addEventListener("message", ({ data }) => {
      if (data.asks === undefined) return;
      heard.filter((told) => told.id > data.asks).forEach((told) => channel.postMessage(told));
    });
    source.addEventListener("end", () => source.close());
    return new Promise((done) => addEventListener("pagehide", () => { source.close(); done(); }, { once: true }));
  }
  channel?.addEventListener("message", ({ data }) => { if (data.asks === undefined) take(data); });
  const start = () => (channel && navigator.locks ? navigator.locks.request("parvis-stream", listen) : listen());
  channel?.postMessage({ asks: known });
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
