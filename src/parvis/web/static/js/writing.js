// What is typed is never lost: drafts at every pause, kept in the browser where the desk cannot be reached;
// a live count; colleagues' names after @.
(() => {
  "use strict";
  const { $, say, post } = window.parvis;
  const timers = new WeakMap();
  const place = (field) => `parvis:${field.dataset.draftUrl}:${field.dataset.draft}`;

  function mindFields(root = document) {
    for (const field of root.querySelectorAll("textarea[data-draft]")) {
      if (field.dataset.minded) continue;
      field.dataset.minded = "1";
      let kept = null;
      try { kept = localStorage.getItem(place(field)); } catch { /* storage is closed */ }
      if (kept && kept !== field.value) {
        field.value = kept;
        field.closest("details")?.setAttribute("open", "");
        plan(field);
      }
      count(field);
    }
  }
  function plan(field) {
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => keep(field), 700));
  }
  async function keep(field) {
    const note = $("[data-kept]", field.form);
    try {
      await post(field.dataset.draftUrl, { kind: field.dataset.draft, text: field.value });
      localStorage.removeItem(place(field));
      if (note) note.textContent = field.value ? say("kept") : "";
    } catch {
      try { localStorage.setItem(place(field), field.value); } catch { return; }
      if (note) note.textContent = say("kept_here");
    }
  }
  function count(field) {
    const shown = field.form && $("[data-count]", field.form);
    if (!shown) return;
    const length = [...field.value].length, limit = Number(field.dataset.limit) || 0;
    shown.textContent = limit ? `${length} / ${limit}` : length ? String(length) : "";
    shown.classList.toggle("over", limit > 0 && length > limit);
  }
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.("textarea[data-draft]")) return;
    count(field);
    plan(field);
    if (field.matches("[data-mentions]")) suggest(field);
  });
  document.addEventListener("submit", (event) => {
    const field = $("textarea[data-draft]", event.target);
    if (!field) return;
    clearTimeout(timers.get(field));
    try { localStorage.removeItem(place(field)); } catch { /* storage is closed */ }
  }, true);
  addEventListener("pagehide", () => {
    for (const field of document.querySelectorAll("textarea[data-draft]")) {
      if (timers.has(field) && field.value) try { localStorage.setItem(place(field), field.value); } catch { /* full */ }
    }
  });
  document.addEventListener("htmx:after:swap", () => mindFields());
  mindFields();

  // A line that may be said is put where the writer stands.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    const field = button && $("#reply-text");
    if (!field) return;
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  // @names
  const known = new Map();
  async function names(field) {
    const url = field.dataset.mentions;
    if (!known.has(url)) known.set(url, fetch(url).then((answer) => answer.json()).then((told) => told.names).catch(() => []));
    return known.get(url);
  }
  let list = null, chosen = 0, target = null;
  const wanted = (field) => /(?:^|\s)@([\p{L}\p{N}._'’-]*)$/u.exec(field.value.slice(0, field.selectionStart));
  function closeList() { list?.remove(); list = null; target?.removeAttribute("aria-activedescendant"); }
  async function suggest(field) {
    closeList();
    if (!wanted(field)) return;
    const people = await names(field);
    const found = wanted(field);
    if (!found) return;
    closeList();
    const start = found[1].toLocaleLowerCase();
    const fitting = people.filter((name) => name.toLocaleLowerCase().split(" ").some((word) => word.startsWith(start))).slice(0, 8);
    if (!fitting.length) return;
    target = field; chosen = 0;
    list = document.createElement("ul");
    list.className = "mention-list";
    list.setAttribute("role", "listbox");
    fitting.forEach((name, index) => {
      const line = document.createElement("li");
      line.id = "mention-" + index;
      line.setAttribute("role", "option");
      line.textContent = name;
      line.addEventListener("mousedown", (event) => { event.preventDefault(); insert(name); });
      list.append(line);
    });
    field.after(list);
    mark();
  }
  function mark() {
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === chosen)));
    target.setAttribute("aria-activedescendant", "mention-" + chosen);
  }
  function insert(name) {
    const found = wanted(target), end = target.selectionStart, start = end - found[1].length;
    target.setRangeText(name.replace(/\s+/g, " ") + " ", start, end, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
    closeList();
  }
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== target) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); chosen = (chosen + step + list.children.length) % list.children.length; mark(); }
    else if (["Enter", "Tab"].includes(event.key)) { event.preventDefault(); event.stopPropagation(); insert(list.children[chosen].textContent); }
    else if (event.key === "Escape") { event.stopPropagation(); closeList(); }
  }, true);
  document.addEventListener("focusout", closeList);
})();
