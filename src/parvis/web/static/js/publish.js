// A post is kept at every pause; what others write meanwhile is put together with it, and nothing typed is lost.
(() => {
  "use strict";
  const { $, cookie, post } = window.parvis;
  const form = $("#composer"), present = $("#present");
  let typedAt = 0;

  // Who looks at a post sees who else does.
  async function here() {
    if (!present || document.hidden) return;
    try { present.innerHTML = await (await post(present.dataset.presence, Date.now() - typedAt < 20000 ? { typing: "1" } : {})).text(); } catch { /* the next one tells */ }
  }
  if (present) { here(); setInterval(here, 15000); }
  document.addEventListener("visibilitychange", here);

  // What the clock shows at the typed time where those live who will read it.
  const clocks = {};
  function wallOf(at, zone) {
    clocks[zone] ||= new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
    const found = Object.fromEntries(clocks[zone].formatToParts(at).map((part) => [part.type, Number(part.value)]));
    return Date.UTC(found.year, found.month - 1, found.day, found.hour, found.minute);
  }
  function momentOf(wall, zone) {
    let at = wall;
    for (let turn = 0; turn < 2; turn += 1) at += wall - wallOf(at, zone);
    return at;
  }
  function tellAudiences() {
    const list = $("[data-audiences]"), when = list?.closest("form");
    if (!when) return;
    const { day, time, zone } = when.elements, wall = Date.parse(`${day.value}T${time.value}Z`);
    for (const line of list.children) {
      let words = "";
      if (!Number.isNaN(wall)) {
        const there = wallOf(momentOf(wall, zone.value), line.dataset.zone), shown = new Date(there);
        const name = new Date(wall).toISOString().slice(0, 10) === shown.toISOString().slice(0, 10) ? "" : `${shown.toLocaleDateString(document.documentElement.lang, { weekday: "short", timeZone: "UTC" })} `;
        const places = { here: time.value, there: name + shown.toISOString().slice(11, 16), place: line.dataset.place };
        if (there !== wall) words = list.dataset.audiences.replace(/\{(\w+)\}/g, (whole, key) => places[key] ?? whole);
      }
      if (line.textContent !== words) line.textContent = words;
      line.hidden = !words;
    }
  }
  document.addEventListener("input", (event) => { if (event.target.closest("#change-time")) tellAudiences(); });
  document.addEventListener("change", (event) => { if (event.target.closest("#change-time")) tellAudiences(); });
  if (!form) return;
  const PAUSE_MS = 1500, AGAIN_MS = 5000;
  const note = $("#kept"), place = "parvis:post:" + form.dataset.post;
  const OURS = ["csrfmiddlewaretoken", "base_version"];
  let kept = read(), timer = 0, running = null, waits = null;

  // What the form says, as [name, value] pairs; empty parts of the thread say nothing.
  function pairs() {
    return [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && !(name === "thread" && !value.trim()));
  }
  function read() { return JSON.stringify(pairs()); }
  const isDirty = () => read() !== kept;
  const say = (text) => { note.textContent = text; };
  const valuesOf = (all, name) => JSON.stringify(all.filter(([one]) => one === name).map(([, value]) => value));

  function show(name, value) {
    if (name === "thread") return showThread(value);
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "hidden") continue;
      if (field.type === "checkbox") { field.checked = Array.isArray(value) ? value.includes(field.value) : Boolean(value); continue; }
      if (field.value === value) continue;
      const at = field.selectionStart;
      field.value = value;
      if (field === document.activeElement && at !== null) field.setSelectionRange(at, at);
    }
  }
  function showThread(parts) {
    const thread = $("#thread");
    if (!thread) return;
    while (thread.children.length < parts.length + 1) thread.append(thread.lastElementChild.cloneNode());
    [...thread.children].forEach((field, index) => { field.value = parts[index] || ""; });
    if (parts.length) thread.closest("details").open = true;
  }
  // Only what was not touched since it was sent: what somebody types at this moment stays.
  function take(fields, sent, except = []) {
    const now = pairs();
    for (const [name, value] of Object.entries(fields)) {
      if (!except.includes(name) && valuesOf(now, name) === valuesOf(sent, name)) show(name, value);
    }
    form.dispatchEvent(new CustomEvent("change", { bubbles: true }));
  }

  function keep(options = {}) {
    running ||= keepOnce(options).finally(() => { running = null; });
    return running;
  }
  async function keepOnce(options) {
    if (waits) return false;
    clearTimeout(timer);
    const sent = pairs(), body = new FormData(isDirty() ? form : undefined);
    body.set("base_version", form.elements.base_version.value); // alone it asks what stands now
    let answer, told;
    try {
      answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": cookie("csrftoken"), "X-Requested-With": "fetch" }, ...options });
      told = await answer.json();
    } catch {
      remember();
      say(form.dataset.failed);
      timer = setTimeout(keep, AGAIN_MS);
      return false;
    }
    if (answer.status === 409) { settle(told, sent); return false; }
    if (!answer.ok) { remember(); say(told.problem || form.dataset.failed); return false; }
    if (told.is_over) { end(told.problem); return false; }
    forget();
    const isStill = read() === JSON.stringify(sent);
    form.elements.base_version.value = isStill ? told.version : told.own_version;
    if (isStill && told.is_merged) take(told.fields, sent);
    kept = isStill ? read() : JSON.stringify(sent);
    clearTimeout(timer);
    say(told.is_merged ? told.said : form.dataset.kept.replace("{time}", told.at));
    if (told.is_changed || told.is_merged) document.body.dispatchEvent(new CustomEvent("parvis:kept"));
    if (!isStill) timer = setTimeout(keep, PAUSE_MS);
    return true;
  }

  // It has left meanwhile, and nothing was being typed: nothing more can be.
  function end(said) {
    form.querySelectorAll("input, textarea, select, button").forEach((field) => { field.disabled = true; });
    kept = read();
    say(said);
  }

  // Both wrote in the same place: the two texts side by side, one click each; until then nothing is sent.
  function settle(told, sent) {
    const names = told.conflicts.map((one) => one.name), box = $("#conflict");
    waits = new Set(names);
    take(told.fields, sent, names);
    form.elements.base_version.value = told.version;
    say("");
    $("[data-problem]", box).textContent = told.problem;
    $("[data-conflicts]", box).replaceChildren(...told.conflicts.map(draw));
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    $("button", box)?.focus();
    if (!waits.size) goOn();
  }
  const written = (value, name) => (/(^|-)media$/.test(name) ? window.parvis.mediaNames?.(value) ?? value : Array.isArray(value) ? value.join("\n\n") : value === true ? "✓" : value === false ? "–" : value);
  function draw(one) {
    const piece = $("#one-conflict").content.cloneNode(true), whole = piece.firstElementChild;
    $("[data-label]", piece).textContent = one.label;
    $("[data-theirs]", piece).textContent = written(one.theirs, one.name);
    $("[data-mine]", piece).textContent = written(one.mine, one.name);
    piece.querySelectorAll("[data-take]").forEach((button) => button.addEventListener("click", () => {
      if (button.dataset.take === "theirs") show(one.name, one.theirs);
      waits.delete(one.name);
      whole.remove();
      if (!waits.size) goOn();
    }));
    return piece;
  }
  function goOn() {
    waits = null;
    $("#conflict").hidden = true;
    form.dispatchEvent(new CustomEvent("change", { bubbles: true }));
    keep();
  }

  // Where the desk cannot be reached, or the page is left, this browser keeps it.
  function remember() {
    try { localStorage.setItem(place, JSON.stringify({ base: form.elements.base_version.value, pairs: pairs() })); } catch { /* storage is closed */ }
  }
  function forget() { try { localStorage.removeItem(place); } catch { /* storage is closed */ } }
  function restore() {
    let found = null;
    try { found = JSON.parse(localStorage.getItem(place)); } catch { return; }
    if (!found || JSON.stringify(found.pairs) === kept) { forget(); return; }
    const names = new Set([...found.pairs, ...pairs()].map(([name]) => name));
    for (const name of names) {
      const values = found.pairs.filter(([one]) => one === name).map(([, value]) => value);
      const isList = name === "thread" || name === "channels";
      const isSwitch = form.querySelector(`[type=checkbox][name="${CSS.escape(name)}"]`);
      show(name, isList ? values : isSwitch ? values.length > 0 : values[0] || "");
    }
    form.elements.base_version.value = found.base;
    keep();
  }

  function touched(event) {
    if (event.isTrusted) { const isFirst = Date.now() - typedAt > 20000; typedAt = Date.now(); if (isFirst) here(); }
    const last = $("#thread")?.lastElementChild;
    if (event.target === last && last.value.trim()) { const next = last.cloneNode(); next.value = ""; last.after(next); }
    if (!isDirty()) return;
    say(form.dataset.writing);
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  }
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  addEventListener("pagehide", () => { if (isDirty()) { remember(); keep({ keepalive: true }); } });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "split") { clearTimeout(timer); forget(); kept = read(); return; }
    event.preventDefault();
    keep();
  });

  // What is decided about a post is decided about all that was typed.
  document.addEventListener("submit", async (event) => {
    const act = event.target;
    if (!act.matches("[data-after-kept]")) return;
    if (running || isDirty()) {
      event.preventDefault();
      await running;
      if (isDirty() && !(await keep())) return;
      act.requestSubmit(event.submitter);
      return;
    }
    if (act.elements.expected) act.elements.expected.value = form.elements.base_version.value;
  }, true);

  // Hashtags of the campaign are put below the text as if they were typed: what is there already is not said twice.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert-tags]"), field = $("#f-text");
    if (!button || !field) return;
    const isThere = (tag) => new RegExp(`(?<![\\p{L}\\p{N}_])${tag.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_])`, "iu").test(field.value);
    const tags = button.dataset.insertTags.split(" ").filter((tag) => tag && !isThere(tag));
    $("[data-tags-said]", button.parentElement).textContent = tags.length ? button.dataset.said : button.dataset.there;
    if (!tags.length) return;
    const text = (field.value.trim() ? (field.value.endsWith("\n") ? "\n" : "\n\n") : "") + tags.join(" ");
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    if (document.execCommand("insertText", false, text)) return; // so that it can be undone like typing
    field.setRangeText(text, field.value.length, field.value.length, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("parvis:live", ({ detail }) => {
    if (detail.many || detail.ids.includes("post:" + form.dataset.post)) keep();
  });
  restore();
})();
