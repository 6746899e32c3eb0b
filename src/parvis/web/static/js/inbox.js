// The list and the open conversation: moving by key, what comes next after a decision, selection, live changes.
(() => {
  "use strict";
  const { $, say, post } = window.parvis;
  const split = $("#split");
  if (!split) return;
  const wide = matchMedia("(min-width: 1200px)");
  const rows = () => [...document.querySelectorAll("#rows > .talk-row")];
  const current = () => $("#rows > .is-current");
  const link = (row) => $(".row-link", row);

  function setCurrent(row, { focus = true } = {}) {
    if (!row) return;
    current()?.classList.remove("is-current");
    row.classList.add("is-current");
    if (focus) link(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  function move(step) {
    const all = rows();
    const at = all.indexOf(current());
    const row = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
    if (!row) return;
    if (wide.matches && (opening || split.dataset.open !== undefined)) open(row);
    else setCurrent(row);
  }
  function open(row) {
    setCurrent(row, { focus: false });
    link(row).click();
  }
  // The conversation that is asked for and not there yet: keys pressed meanwhile count as if it were.
  let opening = null, isStale = false, listPlace = 0;
  function close() {
    opening = null;
    delete split.dataset.open;
    $("#rows .is-open")?.classList.remove("is-open");
    history.pushState({}, "", $("#rows")?.dataset.list || "/inbox/");
    window.scrollTo(0, listPlace);
    if (current()) link(current()).focus({ preventScroll: true });
  }
  function markOpen() {
    const talk = $("#detail .talk");
    if (!talk) return;
    if (split.dataset.open === undefined) listPlace = window.scrollY;
    split.dataset.open = "";
    $("#rows .is-open")?.classList.remove("is-open");
    if (opening === talk.dataset.talk) opening = null;
    const row = document.getElementById("c" + talk.dataset.talk);
    if (row) { row.classList.add("is-open"); if (!opening) setCurrent(row, { focus: false }); }
    if (isStale && !opening) refreshTalk();
    document.title = `${$("h1", talk)?.textContent.trim()} · ${document.title.split(" · ").pop()}`;
  }

  document.addEventListener("parvis:key", (event) => {
    const acts = {
      j: () => move(1), k: () => move(-1), ArrowDown: null,
      Enter: () => document.activeElement?.matches("a, button, summary") ? false : current() && open(current()),
      Escape: () => split.dataset.open !== undefined ? close() : false,
      ".": () => { const box = current() && $(".row-pick input", current()); if (box) box.click(); },
      "Shift-.": () => {
        const all = $("#bulk [name=all]");
        if (!all) return false;
        all.checked = !all.checked;
        document.querySelectorAll(".row-pick input").forEach((box) => { box.checked = all.checked; });
        countSelected();
      },
    };
    const act = acts[event.detail];
    if (act && act() !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("#rows .row-link[hx-get]");
    if (asked && !(event.ctrlKey || event.metaKey || event.shiftKey)) opening = asked.closest(".talk-row").dataset.id;
    const back = event.target.closest("[data-back]");
    if (back && rows().length) { event.preventDefault(); close(); }
    if (event.target.closest("[data-unselect]")) {
      document.querySelectorAll(".row-pick input:checked, #bulk [name=all]:checked").forEach((box) => { box.checked = false; });
      countSelected();
    }
    const picked = event.target.closest(".row-pick input");
    if (picked && event.shiftKey && lastPicked) {
      const boxes = [...document.querySelectorAll(".row-pick input")];
      const [from, to] = [boxes.indexOf(lastPicked), boxes.indexOf(picked)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((box) => { box.checked = picked.checked; });
      countSelected();
    }
    if (picked) lastPicked = picked;
  });
  let lastPicked = null;
  function countSelected() {
    const bulk = $("#bulk");
    if (!bulk) return;
    const count = document.querySelectorAll(".row-pick input:checked").length;
    const all = $("[name=all]", bulk);
    const place = $("[data-selected]", bulk);
    if (!all.checked) { place.textContent = say(count === 1 ? "selected_one" : "selected", { n: count }); return; }
    place.textContent = say("all_selected", { n: "" }).replace("  ", " ");
    countAll(bulk, place, all);
  }
  // How many “all” are is read when it is asked for.
  async function countAll(bulk, place, all) {
    try {
      const answer = await fetch(bulk.dataset.count + "?" + new URLSearchParams({ q: bulk.elements.q.value }));
      const { n } = await answer.json();
      if (n && all.checked) place.textContent = say("all_selected", { n });
    } catch { /* the words without the number stay */ }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches(".row-pick input, #bulk [name=all]")) countSelected();
  });

  // After a decision: what the server says comes next.
  document.addEventListener("parvis:next", (event) => {
    const done = document.getElementById("c" + event.detail.id);
    const following = done?.nextElementSibling || done?.previousElementSibling;
    done?.classList.add("is-leaving");
    if (split.dataset.nextOpens === "1" && following?.matches(".talk-row")) open(following);
    else if ($("#detail .talk")) refreshTalk();
  });
  // After an undo: the conversation it was about is in hand again.
  document.addEventListener("parvis:undone", (event) => {
    const row = document.getElementById("c" + event.detail.id);
    row?.classList.remove("is-leaving");
    if (row) open(row);
    else refreshTalk();
  });
  document.addEventListener("parvis:refresh", () => refreshList());
  document.addEventListener("parvis:talk", () => refreshTalk());
  document.addEventListener("htmx:after:swap", () => { markOpen(); countSelected(); });
  const gaveUp = (event) => { if (event.target.closest?.(".talk-row")?.dataset.id === opening) opening = null; };
  document.addEventListener("htmx:error", gaveUp);
  document.addEventListener("htmx:response:error", gaveUp);
  addEventListener("popstate", () => location.reload());

  const listAddress = () => $("#rows")?.dataset.list || location.pathname.replace(/\d+\/$/, "") + location.search;
  const refreshList = () => htmx.ajax("GET", listAddress(), { target: "#list", swap: "innerHTML" });
  function refreshTalk() {
    const talk = $("#detail .talk");
    isStale = Boolean(opening);
    if (talk && !opening) htmx.ajax("GET", talk.dataset.refresh, { source: "#detail", target: "#detail", swap: "innerMorph" });
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-fresh]")) { event.preventDefault(); refreshList(); $("#fresh").replaceChildren(); }
  });

  // One request for whatever changed: the rows that are shown, the counts, whether something new is there.
  document.addEventListener("parvis:live", ({ detail }) => {
    const ids = detail.ids.filter((id) => id.startsWith("conversation:")).map((id) => id.split(":")[1]);
    const shown = rows().map((row) => row.dataset.id);
    const touched = detail.many ? shown : shown.filter((id) => ids.includes(id));
    const talk = $("#detail .talk");
    const said = detail.kinds.some((kind) => ["conversation", "note", "effect"].includes(kind)) || detail.many;
    if (said && !shown.length && $("#list") && !$("#list").contains(document.activeElement)) refreshList(); // nothing there can move
    else if (said && $("#list")) {
      const address = new URL(listAddress(), location.href);
      address.pathname = split.dataset.changes;
      address.searchParams.set("rows", touched.slice(0, 60).join("."));
      address.searchParams.set("first", shown[0] || "");
      if (talk) address.searchParams.set("open", talk.dataset.talk);
      htmx.ajax("GET", address.pathname + address.search, { target: "#fresh", swap: "none" });
    }
    if (talk && (detail.many || ids.includes(talk.dataset.talk))) refreshTalk();
    else if (talk && detail.ids.includes("presence:" + talk.dataset.talk)) beHere();
    for (const job of detail.jobs) {
      const bar = document.getElementById("job-" + job.job);
      if (bar) htmx.ajax("GET", bar.dataset.refresh, { target: bar, swap: "outerHTML" });
    }
  });

  // Who is here: said while the page is looked at.
  let typedAt = 0;
  async function beHere() {
    const talk = $("#detail .talk");
    if (!talk || document.hidden) return;
    const typing = Date.now() - typedAt < 8000 ? "1" : "";
    try {
      const answer = await post(talk.dataset.presence, { typing });
      const html = await answer.text();
      const place = $("#presence");
      if (place && place.innerHTML !== html) place.innerHTML = html;
    } catch { /* said again in a moment */ }
  }
  setInterval(beHere, 20000);
  document.addEventListener("input", (event) => {
    if (!event.target.matches("#detail textarea")) return;
    const first = Date.now() - typedAt > 8000;
    typedAt = Date.now();
    if (first) beHere();
  });
  markOpen();
  if ($("#detail .talk")) beHere();
  else if (rows()[0]) setCurrent(rows()[0], { focus: false });
})();
