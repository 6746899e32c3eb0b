// A crisis room: what others write appears by itself, what one writes oneself stays in its field until it is sent.
(() => {
  "use strict";
  const room = document.getElementById("room");
  if (!room) return;
  const { $, post } = window.parvis;
  const refresh = () => htmx.ajax("GET", room.dataset.refresh, { target: "#room-log", swap: "none" });

  document.addEventListener("parvis:room", (event) => {
    const form = event.target.closest?.("form");
    if (form) { form.reset(); const fold = form.closest("details.fold"); if (fold) fold.open = false; }
    refresh();
  });
  document.addEventListener("parvis:live", ({ detail }) => {
    const touched = detail.many || detail.ids.includes("room:" + room.dataset.room) ||
      detail.kinds.some((kind) => ["match", "query", "file", "alert"].includes(kind));
    if (touched) refresh();
    if (detail.ids.includes("room_presence:" + room.dataset.room)) beHere();
  });

  // Who is here: said while the page is looked at.
  async function beHere() {
    if (document.hidden) return;
    try {
      const answer = await post(room.dataset.presence);
      $("#room-people").innerHTML = await answer.text();
    } catch { /* said again in a moment */ }
  }
  setInterval(beHere, 20000);
  beHere();
})();
