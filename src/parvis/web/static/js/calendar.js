// Posts are moved by hand or by keys (m, arrows, Enter), drafts get a time; the server decides, and says why not.
(() => {
  "use strict";
  const { $, cookie, toast, say } = window.parvis;
  const grid = () => $("#calendar"), said = $("#calendar-said");
  const cells = () => [...grid().querySelectorAll("[data-day]")];
  const MOVES_PX = 6, EDGE_PX = 48, LONG_PRESS_MS = 450, TURN_MS = 700;
  let held = null, justDropped = false;

  const tell = (text) => { said.textContent = text; };
  const titleOf = (entry) => $("bdi", entry)?.textContent || entry.textContent.trim();

  // Both ways end here: what was chosen is asked of the server, and the page is read again.
  async function send(fields, back) {
    const body = new URLSearchParams(fields);
    let text = "";
    try {
      const answer = await fetch(grid().dataset.moveUrl, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": cookie("csrftoken"), "X-Requested-With": "fetch" },
      });
      text = await answer.text();
      if (!text.includes("toast-line")) throw new Error(String(answer.status));
    } catch {
      toast(say("failed"), { tone: "harm" });
      return;
    }
    $("#toasts").insertAdjacentHTML("beforeend", text);
    await refresh();
    if (back) focusOn(back);
  }
  async function refresh() {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["calendar", "to-plan"]) {
      const old = document.getElementById(id), fresh = page.getElementById(id);
      if (old) fresh ? old.replaceWith(document.adoptNode(fresh)) : old.remove();
    }
  }
  const focusOn = (key) => document.querySelector(`:is(#calendar, #to-plan) [data-post="${CSS.escape(key)}"]`)?.focus();
  function put(entry, cell, from = entry.closest("[data-day]")) {
    const isSame = from === cell || (from && !cell.dataset.hour && from.dataset.day === cell.dataset.day);
    if (isSame) { tell(grid().dataset.left); return; }
    const fields = { post: entry.dataset.post, day: cell.dataset.day, zone: grid().dataset.zone };
    if (cell.dataset.hour) fields.hour = cell.dataset.hour;
    if (entry.dataset.seen) fields.seen = entry.dataset.seen;
    else fields.verb = "plan";
    send(fields, entry.dataset.post);
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-moves-back]")) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    delete fields.csrfmiddlewaretoken;
    event.target.closest(".toast-line").remove();
    send(fields, fields.post);
  });

  function mark(cell) {
    document.querySelectorAll(".is-over").forEach((one) => one.classList.remove("is-over"));
    cell?.classList.add("is-over");
  }
  function end() {
    clearTimeout(held?.press);
    clearTimeout(held?.turn);
    held?.ghost?.remove();
    held?.entry.classList.remove("is-held");
    held?.left.forEach((old) => old.remove());
    const late = held?.late || [];
    document.querySelectorAll(".is-turning").forEach((one) => one.classList.remove("is-turning"));
    document.body.classList.remove("is-dragging");
    mark(null);
    held = null;
    late.forEach((detail) => document.dispatchEvent(new CustomEvent("parvis:live", { detail })));
  }
  // What is held is not taken away by what others do meanwhile: that is shown once the hand lets go.
  document.addEventListener("parvis:live", (event) => {
    if (!held?.ghost) return;
    (held.late ||= []).push(event.detail);
    event.stopImmediatePropagation();
  }, true);

  // By hand: with a mouse or a pen at once, with a finger after a long press; a finger that moves before scrolls.
  document.addEventListener("pointerdown", (event) => {
    const entry = event.target.closest("[data-post]"), isFinger = event.pointerType === "touch";
    if (!event.isPrimary) { if (held?.by === "hand") end(); return; }
    if (!entry || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    end();
    held = { entry, x: event.clientX, y: event.clientY, by: "hand", ghost: null, isFinger, left: [], press: 0, turn: 0 };
    if (isFinger) held.press = setTimeout(() => { begin(); navigator.vibrate?.(15); follow(); }, LONG_PRESS_MS);
  });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-post]")) event.preventDefault(); });
  document.addEventListener("contextmenu", (event) => { if (held?.isFinger) event.preventDefault(); });
  $(".page-calendar").addEventListener("touchmove", (event) => { if (held?.ghost && event.cancelable) event.preventDefault(); }, { passive: false });
  document.addEventListener("pointermove", (event) => {
    if (held?.by !== "hand" || !event.isPrimary) return;
    const hasMoved = Math.hypot(event.clientX - held.x, event.clientY - held.y) >= MOVES_PX;
    if (!held.ghost) {
      if (!hasMoved) return;
      if (held.isFinger) { end(); return; }
      begin();
    }
    held.x = event.clientX;
    held.y = event.clientY;
    follow();
    if (held.y < EDGE_PX) scrollBy(0, -12);
    else if (held.y > innerHeight - EDGE_PX) scrollBy(0, 12);
  });
  function begin() {
    held.ghost = held.entry.cloneNode(true);
    held.ghost.className = "entry entry-ghost";
    held.ghost.removeAttribute("href");
    held.ghost.removeAttribute("data-post");
    held.ghost.setAttribute("aria-hidden", "true");
    document.body.append(held.ghost);
    held.entry.classList.add("is-held");
    document.body.classList.add("is-dragging");
    getSelection()?.removeAllRanges();
  }
  // What is below the hand: a day, or an arrow, which turns the page after a moment, again and again.
  function follow() {
    held.ghost.style.translate = `${held.x + 8}px ${held.y + 8}px`;
    const below = document.elementFromPoint(held.x, held.y), arrow = below?.closest("[data-turns]") || null;
    mark(below?.closest("#calendar [data-day]"));
    if (arrow === (held.arrow || null)) return;
    clearTimeout(held.turn);
    held.arrow?.classList.remove("is-turning");
    held.arrow = arrow;
    arrow?.classList.add("is-turning");
    if (arrow) held.turn = setTimeout(turn, TURN_MS, held, arrow.href);
  }
  // The page that is left stays until the hand lets go: a finger's moves are told to what it was put on.
  async function turn(mine, address) {
    let page = null;
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      if (answer.ok) page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { /* it is said below */ }
    if (held !== mine) return;
    if (!page?.getElementById("calendar")) { toast(say("failed"), { tone: "harm" }); return; }
    const old = grid(), fresh = document.adoptNode(page.getElementById("calendar"));
    old.removeAttribute("id");
    old.removeAttribute("data-refresh-on");
    old.hidden = true;
    old.after(fresh);
    mine.left.push(old);
    for (const part of [".page-head", ".calendar-bar"]) $(part).replaceWith(document.adoptNode(page.querySelector(part)));
    history.replaceState(history.state, "", address);
    tell($("h1").textContent);
    mine.arrow = null;
    follow();
  }
  document.addEventListener("pointerup", (event) => {
    if (held?.by !== "hand" || !event.isPrimary) return;
    const { entry, ghost, isFinger, left } = held, cell = $(".is-over"), isTurned = left.length > 0;
    const from = entry.closest("[data-day]");
    end();
    if (!ghost) return;
    justDropped = true;
    setTimeout(() => { justDropped = false; }, isFinger ? 400 : 0); // a click comes after the hand
    if (cell && (entry.isConnected || isTurned)) put(entry, cell, from);
  });
  document.addEventListener("pointercancel", end);
  document.addEventListener("click", (event) => {
    if (justDropped) { justDropped = false; event.preventDefault(); event.stopPropagation(); }
  }, true);

  // By keys: m on a post, the arrows choose, Enter puts it there.
  document.addEventListener("parvis:key", (event) => {
    const entry = document.activeElement?.closest?.("[data-post]");
    if (event.detail !== "m" || !entry) return;
    event.preventDefault();
    end();
    const all = cells(), cell = entry.closest("[data-day]") || all.find((one) => one.matches(".is-today, .is-today *")) || all[0];
    if (!cell) return;
    held = { entry, by: "keys", cell, left: [] };
    entry.classList.add("is-held");
    mark(cell);
    tell(`${titleOf(entry)}. ${grid().dataset.begun} ${cell.dataset.name}`);
  });
  document.addEventListener("keydown", (event) => {
    if (!held) return;
    if (event.key === "Escape") { end(); tell(grid().dataset.left); event.stopPropagation(); return; }
    if (held.by !== "keys") return;
    if (event.key === "Enter") {
      const { entry, cell } = held;
      event.preventDefault(); event.stopPropagation();
      end();
      put(entry, cell);
      return;
    }
    const next = event.key.startsWith("Arrow") && beside(held.cell, event.key);
    if (next === false) return;
    event.preventDefault(); event.stopPropagation();
    if (!next) return;
    held.cell = next;
    mark(next);
    next.scrollIntoView({ block: "nearest" });
    tell(next.dataset.name);
  }, true);
  document.addEventListener("focusout", (event) => { if (held?.by === "keys" && event.target === held.entry && event.relatedTarget) end(); });

  // On a phone, and in a list, today is what one came for.
  const today = $("#calendar .is-today");
  if (today && !location.search.includes("day=") && (matchMedia("(max-width: 767px)").matches || today.matches(".listed"))) today.scrollIntoView({ block: "start" });

  // In a month a row is a week; in a week a column is a day and a row an hour.
  function beside(cell, key) {
    const isEast = (key === "ArrowRight") !== (document.dir === "rtl" || getComputedStyle(document.body).direction === "rtl");
    const days = { ArrowRight: isEast ? 1 : -1, ArrowLeft: isEast ? 1 : -1 }[key] || 0;
    const down = { ArrowDown: 1, ArrowUp: -1 }[key] || 0, all = cells();
    if (!cell.dataset.hour) return all[all.indexOf(cell) + days + down * 7] || null;
    const byDay = [...new Set(all.map((one) => one.dataset.day))];
    const day = byDay[byDay.indexOf(cell.dataset.day) + days], hour = String(Number(cell.dataset.hour) + down);
    return all.find((one) => one.dataset.day === day && one.dataset.hour === hour) || null;
  }
})();
