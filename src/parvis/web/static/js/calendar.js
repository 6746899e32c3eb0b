// Posts are moved by hand or by keys (m, arrows, Enter), drafts get a time; the server decides, and says why not.
(() => {
  "use strict";
  const { $, cookie, toast, say } = window.parvis;
  const grid = () => $("#calendar"), said = $("#calendar-said");
  const cells = () => [...grid().querySelectorAll("[data-day]")];
  const MOVES_PX = 6, EDGE_PX = 48;
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
  const focusOn = (key) => $(`[data-post="${CSS.escape(key)}"]`)?.focus();
  function put(entry, cell) {
    const from = entry.closest("[data-day]");
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
    held?.ghost?.remove();
    held?.entry.classList.remove("is-held");
    document.body.classList.remove("is-dragging");
    mark(null);
    held = null;
  }

  // By hand: with a mouse or a pen. A finger scrolls; its way is the post’s own page.
  document.addEventListener("pointerdown", (event) => {
    const entry = event.target.closest("[data-post]");
    if (!entry || event.button !== 0 || event.pointerType === "touch" || event.ctrlKey || event.metaKey || event.shiftKey) return;
    end();
    held = { entry, x: event.clientX, y: event.clientY, by: "hand", ghost: null };
  });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-post]")) event.preventDefault(); });
  document.addEventListener("pointermove", (event) => {
    if (held?.by !== "hand") return;
    if (!held.ghost) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < MOVES_PX) return;
      begin();
    }
    held.ghost.style.translate = `${event.clientX + 8}px ${event.clientY + 8}px`;
    mark(document.elementFromPoint(event.clientX, event.clientY)?.closest("#calendar [data-day]"));
    if (event.clientY < EDGE_PX) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, 12);
  });
  function begin() {
    held.ghost = held.entry.cloneNode(true);
    held.ghost.className = "entry entry-ghost";
    held.ghost.removeAttribute("href");
    held.ghost.setAttribute("aria-hidden", "true");
    document.body.append(held.ghost);
    held.entry.classList.add("is-held");
    document.body.classList.add("is-dragging");
    getSelection()?.removeAllRanges();
  }
  document.addEventListener("pointerup", () => {
    if (held?.by !== "hand") return;
    const { entry, ghost } = held, cell = $(".is-over");
    end();
    if (!ghost) return;
    justDropped = true;
    setTimeout(() => { justDropped = false; }, 0);
    if (cell && entry.isConnected) put(entry, cell);
  });
  document.addEventListener("pointercancel", end);
  document.addEventListener("click", (event) => {
    if (justDropped) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  // By keys: m on a post, the arrows choose, Enter puts it there.
  document.addEventListener("parvis:key", (event) => {
    const entry = document.activeElement?.closest?.("[data-post]");
    if (event.detail !== "m" || !entry) return;
    event.preventDefault();
    end();
    const all = cells(), cell = entry.closest("[data-day]") || all.find((one) => one.matches(".is-today, .is-today *")) || all[0];
    if (!cell) return;
    held = { entry, by: "keys", cell };
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
