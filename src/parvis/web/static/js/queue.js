// The queue of moderation: j and k move, a verdict takes its row away and the next one is in hand.
(() => {
  "use strict";
  const { $ } = window.parvis;
  const queue = $("#queue");
  if (!queue) return;
  const rows = () => [...queue.querySelectorAll(".queue-row:not([hidden])")];
  const current = () => $(".queue-row.is-current");
  function take(row) {
    current()?.classList.remove("is-current");
    if (!row) return;
    row.classList.add("is-current");
    row.scrollIntoView({ block: "nearest" });
  }
  const move = (step) => {
    const all = rows(), at = all.indexOf(current());
    take(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))]);
  };
  document.addEventListener("parvis:key", (event) => {
    const act = { j: () => move(1), k: () => move(-1) }[event.detail];
    if (act) { act(); event.preventDefault(); }
  });
  queue.addEventListener("click", (event) => {
    const row = event.target.closest(".queue-row");
    if (row) take(row);
  });
  const gone = (event) => {
    const row = document.getElementById("item" + event.detail.item);
    if (!row) return;
    const all = rows(), following = all[all.indexOf(row) + 1] || all[all.indexOf(row) - 1];
    row.hidden = true;
    take(following);
    if (!following) refresh();
  };
  document.addEventListener("parvis:next", gone);
  document.addEventListener("parvis:talk", (event) => { if (event.detail.item) gone(event); else refreshPage(); });
  document.addEventListener("parvis:undone", () => {
    const hidden = [...queue.querySelectorAll(".queue-row[hidden]")].pop();
    if (hidden) { hidden.hidden = false; take(hidden); }
  });
  const part = () => queue.dataset.refresh + (queue.dataset.refresh.includes("?") ? "&" : "?") + "part=queue";
  const refresh = () => htmx.ajax("GET", part(), { target: "#queue", swap: "innerHTML" });
  const refreshPage = () => setTimeout(() => location.reload(), 1200);
  document.addEventListener("parvis:live", ({ detail }) => {
    if (!rows().length && (detail.many || detail.kinds.includes("conversation"))) refresh();
  });
  document.addEventListener("htmx:after:swap", () => current() || take(rows()[0]));
  take(rows()[0]);
})();
