// A post's media: chosen from the library, uploaded, dropped or pasted; described, ordered, cut. The form's own
// field `media` says all of it, so that it is kept, put together and shown like the rest.
(() => {
  "use strict";
  const { $, uploads, focalPoint } = window.parvis;
  const form = $("#composer"), box = $("#media");
  if (!form || !box || !uploads) return;
  const field = $("#f-media"), list = $("#media-list"), said = $("#media-said"), missing = $("#media-missing");
  const known = {};
  let media = [], drawn = null, notes = {};

  const read = (text) => { try { return JSON.parse(text || "[]"); } catch { return []; } };
  const factsOf = (one) => known[one.asset] || { title: one.name || said.dataset.unknown, kind: "", facts: "", captions: [], small: "" };
  const tell = (words, places) => { said.textContent = words.replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole); };
  window.parvis.mediaNames = (text) => read(text).map((one) => [factsOf(one).title, one.alt].filter(Boolean).join(": ")).join("\n");

  function write() {
    field.value = drawn = JSON.stringify(media);
    count();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function count() {
    const n = media.filter((one) => !one.alt?.trim()).length;
    missing.hidden = !n;
    missing.textContent = n ? missing.dataset.one.replace("{n}", n) : "";
  }
  async function learn(ids) {
    const fresh = ids.filter((id) => id && !known[id]);
    if (!fresh.length) return;
    const query = new URLSearchParams(fresh.map((id) => ["id", id]));
    try { Object.assign(known, (await uploads.ask(`${box.dataset.known}?${query}`)).told); } catch { /* their names stay unknown */ }
  }

  function draw() {
    const open = new Set([...list.children].filter((row) => $("[data-more]", row)?.open).map((row) => row.dataset.key));
    const active = list.contains(document.activeElement) ? document.activeElement : null, at = active?.selectionStart;
    list.replaceChildren(...media.map((one, place) => line(one, place, open)));
    const again = active?.id ? document.getElementById(active.id) : null; // who writes goes on writing there
    again?.focus();
    if (again && again.type === "textarea" && Number.isInteger(at)) again.setSelectionRange(at, at);
    drawn = field.value;
    count();
    showNotes();
  }
  function line(one, at, open) {
    const row = $("#one-medium").content.firstElementChild.cloneNode(true), facts = factsOf(one);
    const isFilm = facts.kind === "video" || facts.kind === "audio", isSeen = facts.kind !== "audio" && facts.kind !== "";
    row.dataset.key = one.asset || one.file;
    if (facts.small) {
      const picture = document.createElement("img");
      picture.src = facts.small;
      picture.alt = "";
      $("[data-picture]", row).replaceChildren(picture);
    }
    const title = $("[data-title]", row);
    title.textContent = facts.title;
    if (facts.url) title.href = facts.url;
    $("[data-facts]", row).textContent = [facts.kind_name, facts.facts].filter(Boolean).join(" · ");
    for (const label of row.querySelectorAll("[data-for]")) {
      const input = $(`[data-${label.dataset.for}]`, row);
      input.id = `medium-${at}-${label.dataset.for}`;
      label.htmlFor = input.id;
    }
    const set = (changes) => { Object.assign(one, changes); write(); };
    const alt = $("[data-alt]", row);
    alt.value = one.alt || "";
    alt.addEventListener("input", (event) => { event.stopPropagation(); set({ alt: alt.value }); });
    const up = $("[data-up]", row), down = $("[data-down]", row);
    up.disabled = at === 0;
    down.disabled = at === media.length - 1;
    up.addEventListener("click", () => move(at, at - 1, "[data-up]"));
    down.addEventListener("click", () => move(at, at + 1, "[data-down]"));
    $("[data-remove]", row).addEventListener("click", () => {
      media.splice(at, 1);
      tell(said.dataset.removed, { title: facts.title });
      write();
      draw();
      (list.children[Math.min(at, media.length - 1)]?.querySelector("[data-remove]") || $("#media-pick")).focus();
    });
    const newer = $("[data-newer]", row);
    newer.hidden = !one.version || !facts.number || one.version >= facts.number;
    newer.addEventListener("click", () => { set({ version: facts.number }); draw(); });
    const more = $("[data-more]", row), parts = { ratio: isSeen, trim: isFilm, captions: isFilm && facts.captions.length > 0, focus: isSeen && Boolean(facts.small) };
    more.hidden = !one.asset || !Object.values(parts).some(Boolean);
    more.open = open.has(row.dataset.key);
    for (const part of row.querySelectorAll("[data-part]")) part.hidden = !parts[part.dataset.part];
    choices(row, one, facts, set);
    if (parts.focus) {
      const place = $("[data-focus]", row), [x, y] = one.focus || facts.focus || [0.5, 0.5];
      $("img", place).src = facts.small;
      focalPoint(place, { x, y, changed: (point) => set({ focus: [point.x, point.y] }) });
    }
    return row;
  }
  function choices(row, one, facts, set) {
    const ratio = $("[data-ratio]", row), from = $("[data-from]", row), to = $("[data-to]", row);
    const captions = $("[data-captions]", row), burnt = $("[data-burnt]", row);
    const chosen = one.ratio ? one.ratio.join(":") : "";
    if (chosen && ![...ratio.options].some((option) => option.value === chosen)) ratio.add(new Option(chosen, chosen));
    ratio.value = chosen;
    ratio.addEventListener("change", () => set({ ratio: ratio.value ? ratio.value.split(":").map(Number) : null }));
    from.value = one.trim ? one.trim[0] : "";
    to.value = one.trim ? one.trim[1] : "";
    if (facts.duration_s) { from.max = to.max = facts.duration_s; to.placeholder = Math.round(facts.duration_s * 10) / 10; }
    const cut = () => {
      const start = Number(from.value) || 0, end = Number(to.value) || facts.duration_s || 0;
      to.setCustomValidity("");
      set({ trim: (from.value || to.value) && end > start ? [start, end] : null });
    };
    from.addEventListener("change", cut);
    to.addEventListener("change", cut);
    for (const caption of facts.captions) captions.add(new Option(caption.label, caption.id));
    captions.value = one.subtitles || "";
    captions.addEventListener("change", () => set({ subtitles: Number(captions.value) || null, is_burnt_in: Boolean(captions.value) && burnt.checked }));
    burnt.checked = Boolean(one.is_burnt_in);
    burnt.addEventListener("change", () => set({ is_burnt_in: Boolean(captions.value) && burnt.checked }));
  }
  function move(at, to, back) {
    const [one] = media.splice(at, 1);
    media.splice(to, 0, one);
    tell(said.dataset.moved, { title: factsOf(one).title, n: to + 1, all: media.length });
    write();
    draw();
    const row = list.children[to];
    (row.querySelector(`${back}:not(:disabled)`) || row.querySelector("[data-up]:not(:disabled), [data-down]:not(:disabled), [data-remove]")).focus();
  }
  async function add(ids) {
    await learn(ids);
    for (const id of ids) {
      const facts = known[id];
      if (!facts) continue;
      const language = $("#f-language")?.value || "", texts = facts.alt || {};
      media.push({
        asset: facts.id, version: facts.number, ratio: null, trim: null, subtitles: null, focus: facts.focus, is_burnt_in: false,
        alt: texts[language] || texts[language.split("-")[0]] || Object.values(texts)[0] || "",
      });
      tell(said.dataset.added, { title: facts.title });
    }
    write();
    draw();
  }

  // What stands against one of them, on which channels: told with the cards.
  function showNotes() {
    [...list.children].forEach((row, at) => {
      $("[data-faults]", row).replaceChildren(...(notes[at] || []).map((note) => {
        const item = document.createElement("li");
        item.className = `fault ${note.is_hint ? "tone-waits" : "tone-harm"}`;
        item.textContent = `${note.where.join(", ")} – ${note.words}`;
        return item;
      }));
    });
  }
  function readNotes() {
    const told = $("#media-notes");
    notes = told ? JSON.parse(told.textContent) : {};
    showNotes();
  }
  document.addEventListener("htmx:after:swap", readNotes);
  document.addEventListener("htmx:afterSwap", readNotes);
  const cards = $("#cards");
  if (cards) new MutationObserver(readNotes).observe(cards, { childList: true });

  // What others wrote, or this browser had kept, comes through the field.
  async function take() {
    if (field.value === drawn) return;
    media = read(field.value);
    await learn(media.map((one) => one.asset));
    draw();
  }
  form.addEventListener("change", take);

  // Files: by the button, dropped, pasted.
  const arrivals = $("#arrivals"), input = $("#media-file");
  const send = (files) => uploads.send(box, arrivals, files, { department: box.dataset.postDepartment }, arrived);
  async function arrived(one) { if (one.told.asset) await add([one.told.asset]); }
  input.addEventListener("change", (event) => { event.stopPropagation(); const files = [...input.files]; input.value = ""; send(files); });
  uploads.catchFiles(box, send);

  // From the library.
  const dialog = $("#pick"), body = $("#pick-body"), take_them = $("#pick-add");
  let chosen = [];
  $("#media-pick").addEventListener("click", async () => {
    chosen = [];
    take_them.disabled = true;
    try {
      const answer = await fetch(box.dataset.pick, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      body.innerHTML = await answer.text();
      window.htmx?.process(body);
    } catch { window.parvis.toast(window.parvis.say("failed"), { tone: "harm" }); return; }
    dialog.showModal();
    $("#pick-q")?.focus();
  });
  body.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-pick]");
    if (!tile) return;
    const id = Number(tile.dataset.pick), isOn = chosen.includes(id);
    chosen = isOn ? chosen.filter((one) => one !== id) : [...chosen, id];
    tile.setAttribute("aria-pressed", String(!isOn));
    take_them.disabled = !chosen.length;
  });
  body.addEventListener("submit", (event) => event.preventDefault());
  take_them.addEventListener("click", () => { dialog.close(); add(chosen); });

  // A small picture comes when it is made.
  document.addEventListener("parvis:live", async ({ detail }) => {
    if (!detail.kinds.includes("asset")) return;
    const waiting = media.filter((one) => one.asset && known[one.asset] && !known[one.asset].small && known[one.asset].kind !== "audio").map((one) => one.asset);
    if (!waiting.length) return;
    waiting.forEach((id) => delete known[id]);
    await learn(waiting);
    if (waiting.some((id) => known[id]?.small) && !list.contains(document.activeElement)) draw();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  media = read(field.value);
  draw();
  readNotes();
  learn(media.map((one) => one.asset)).then(() => { if (media.length) draw(); });
})();
