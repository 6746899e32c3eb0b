// A post's media: chosen from the library, uploaded, dropped or pasted; described, ordered, cut. The form's own
// field `media` says all of it, so that it is kept, put together and shown like the rest.
(() => {
  "use strict";
  const { $, uploads, focalPoint } = window.parvis;
  const form = $("#composer"), common = $("#media");
  if (!form || !common || !uploads) return;
  const said = $("#media-said"), known = {};
  let notes = {};

  const read = (text) => { try { return JSON.parse(text || "[]"); } catch { return []; } };
  const factsOf = (one) => known[one.asset] || { title: one.name || said.dataset.unknown, kind: "", facts: "", captions: [], small: "" };
  const tell = (words, places) => { said.textContent = words.replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole); };
  window.parvis.mediaNames = (text) => (text ? read(text).map((one) => [factsOf(one).title, one.alt, one.caption].filter(Boolean).join(": ")).join("\n") || "–" : said.dataset.same);
  async function learn(ids) {
    const fresh = ids.filter((id) => id && !known[id]);
    if (!fresh.length) return;
    const query = new URLSearchParams(fresh.map((id) => ["id", id]));
    try { Object.assign(known, (await uploads.ask(`${common.dataset.known}?${query}`)).told); } catch { /* their names stay unknown */ }
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
  // Those of all channels, or of one, whose field is empty as long as it has those of all.
  class Media {
    constructor(box) {
      this.box = box;
      this.whose = box.dataset.media;
      this.field = $("[data-media-field]", box);
      this.list = $("[data-media-list]", box);
      this.missing = $("[data-media-missing]", box);
      this.switch = $("[data-media-whose]", box);
      this.drawn = null;
      this.all = read(this.field.value);
      this.own = this.all;
      const input = $("[data-media-file]", box);
      input.addEventListener("change", (event) => { event.stopPropagation(); const files = [...input.files]; input.value = ""; this.send(files); });
      $("[data-media-pick]", box).addEventListener("click", () => pick(this));
      this.switch?.addEventListener("change", (event) => { event.stopPropagation(); this.choose(this.switch.value); });
    }
    get isSame() { return Boolean(this.switch) && !this.field.value; }
    // As for all, or its own: these begin as those of all are, and are there again when one comes back.
    choose(whose) {
      if (whose) this.all = this.own.length ? this.own : main.all.map((one) => ({ ...one }));
      else this.own = this.all;
      this.field.value = whose ? "[]" : "";
      if (whose) this.write();
      else this.told();
      this.draw();
    }
    write() {
      this.field.value = JSON.stringify(this.all);
      this.told();
    }
    told() {
      this.drawn = this.field.value;
      this.count();
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    count() {
      const n = this.isSame ? 0 : this.all.filter((one) => !one.alt?.trim()).length;
      this.missing.hidden = !n;
      this.missing.textContent = n ? this.missing.dataset.one.replace("{n}", n) : "";
    }
    draw() {
      if (this.switch) {
        this.switch.value = this.isSame ? "" : "own";
        $("[data-media-body]", this.box).hidden = this.isSame;
        $("[data-media-none]", this.box).hidden = this.all.length > 0;
      }
      const open = new Set([...this.list.children].filter((row) => $("[data-more]", row)?.open).map((row) => row.dataset.key));
      const active = this.list.contains(document.activeElement) ? document.activeElement : null, at = active?.selectionStart;
      this.list.replaceChildren(...(this.isSame ? [] : this.all).map((one, place) => this.line(one, place, open)));
      const again = active?.id ? document.getElementById(active.id) : null; // who writes goes on writing there
      again?.focus();
      if (again && again.matches("textarea, [data-caption]") && Number.isInteger(at)) again.setSelectionRange(at, at);
      this.drawn = this.field.value;
      this.count();
      this.showNotes();
    }
    line(one, at, open) {
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
        input.id = `medium-${this.whose ? `${this.whose}-` : ""}${at}-${label.dataset.for}`;
        label.htmlFor = input.id;
      }
      const set = (changes) => { Object.assign(one, changes); this.write(); };
      for (const name of ["alt", "caption"]) {
        const words = $(`[data-${name}]`, row);
        words.value = one[name] || "";
        words.addEventListener("input", (event) => { event.stopPropagation(); set({ [name]: words.value }); });
      }
      const about = $("[data-caption-field]", row);
      about.hidden = ("rare" in about.dataset || "rare" in this.box.dataset) && !one.caption;
      const up = $("[data-up]", row), down = $("[data-down]", row);
      up.disabled = at === 0;
      down.disabled = at === this.all.length - 1;
      up.addEventListener("click", () => this.move(at, at - 1, "[data-up]"));
      down.addEventListener("click", () => this.move(at, at + 1, "[data-down]"));
      $("[data-remove]", row).addEventListener("click", () => {
        this.all.splice(at, 1);
        tell(said.dataset.removed, { title: facts.title });
        this.write();
        this.draw();
        (this.list.children[Math.min(at, this.all.length - 1)]?.querySelector("[data-remove]") || $("[data-media-pick]", this.box)).focus();
      });
      const newer = $("[data-newer]", row);
      newer.hidden = !one.version || !facts.number || one.version >= facts.number;
      newer.addEventListener("click", () => { set({ version: facts.number }); this.draw(); });
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
    move(at, to, back) {
      const [one] = this.all.splice(at, 1);
      this.all.splice(to, 0, one);
      tell(said.dataset.moved, { title: factsOf(one).title, n: to + 1, all: this.all.length });
      this.write();
      this.draw();
      const row = this.list.children[to];
      (row.querySelector(`${back}:not(:disabled)`) || row.querySelector("[data-up]:not(:disabled), [data-down]:not(:disabled), [data-remove]")).focus();
    }
    async add(ids) {
      await learn(ids);
      for (const id of ids) {
        const facts = known[id];
        if (!facts) continue;
        const language = $("#f-language")?.value || "", texts = facts.alt || {};
        this.all.push({
          asset: facts.id, version: facts.number, ratio: null, trim: null, subtitles: null, focus: facts.focus, is_burnt_in: false, caption: "",
          alt: texts[language] || texts[language.split("-")[0]] || Object.values(texts)[0] || "",
        });
        tell(said.dataset.added, { title: facts.title });
      }
      this.write();
      this.draw();
    }
    // What stands against one of them, on which channels: told with the cards.
    showNotes() {
      const own = notes[this.whose] || {};
      [...this.list.children].forEach((row, at) => {
        $("[data-faults]", row).replaceChildren(...(own[at] || []).map((note) => {
          const item = document.createElement("li");
          item.className = `fault ${note.is_hint ? "tone-waits" : "tone-harm"}`;
          item.textContent = `${note.where.join(", ")} – ${note.words}`;
          return item;
        }));
      });
    }
    // What others wrote, or this browser had kept, comes through the field.
    async take() {
      if (this.field.value === this.drawn) return;
      this.all = read(this.field.value);
      await learn(this.all.map((one) => one.asset));
      this.draw();
    }
    send(files) {
      const done = async (one) => { if (one.told.asset) await this.add([one.told.asset]); };
      uploads.send(common, $("[data-arrivals]", this.box), files, { department: common.dataset.postDepartment }, done);
    }
  }

  const main = new Media(common);
  const boxes = [main, ...[...form.querySelectorAll(".own-media")].map((box) => new Media(box))];
  function readNotes() {
    const told = $("#media-notes");
    notes = told ? JSON.parse(told.textContent) : {};
    boxes.forEach((one) => one.showNotes());
  }
  document.addEventListener("htmx:after:swap", readNotes);
  document.addEventListener("htmx:afterSwap", readNotes);
  const cards = $("#cards");
  if (cards) new MutationObserver(readNotes).observe(cards, { childList: true });
  form.addEventListener("change", () => boxes.forEach((one) => one.take()));

  // Files: dropped where they belong, pasted where one writes.
  const near = () => boxes.find((one) => one.whose && !one.isSame && one.box.contains(document.activeElement)) || main;
  uploads.catchFiles(common, (files, isPasted) => (isPasted ? near() : main).send(files));
  for (const one of boxes.slice(1)) uploads.catchFiles(one.box, (files) => { if (one.isSame) one.choose("own"); one.send(files); }, { pastes: false });

  // From the library.
  const dialog = $("#pick"), body = $("#pick-body"), take_them = $("#pick-add");
  let chosen = [], wanting = main;
  async function pick(box) {
    wanting = box;
    chosen = [];
    take_them.disabled = true;
    try {
      const answer = await fetch(common.dataset.pick, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      body.innerHTML = await answer.text();
      window.htmx?.process(body);
    } catch { window.parvis.toast(window.parvis.say("failed"), { tone: "harm" }); return; }
    dialog.showModal();
    $("#pick-q")?.focus();
  }
  body.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-pick]");
    if (!tile) return;
    const id = Number(tile.dataset.pick), isOn = chosen.includes(id);
    chosen = isOn ? chosen.filter((one) => one !== id) : [...chosen, id];
    tile.setAttribute("aria-pressed", String(!isOn));
    take_them.disabled = !chosen.length;
  });
  body.addEventListener("submit", (event) => event.preventDefault());
  take_them.addEventListener("click", () => { dialog.close(); wanting.add(chosen); });

  // A small picture comes when it is made.
  document.addEventListener("parvis:live", async ({ detail }) => {
    if (!detail.kinds.includes("asset")) return;
    const isWaiting = (one) => one.asset && known[one.asset] && !known[one.asset].small && known[one.asset].kind !== "audio";
    const waiting = boxes.flatMap((box) => box.all).filter(isWaiting).map((one) => one.asset);
    if (!waiting.length) return;
    waiting.forEach((id) => delete known[id]);
    await learn(waiting);
    const isMade = waiting.some((id) => known[id]?.small);
    for (const box of boxes) if (isMade && !box.list.contains(document.activeElement)) box.draw();
    main.field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  boxes.forEach((one) => one.draw());
  readNotes();
  learn(boxes.flatMap((box) => box.all).map((one) => one.asset)).then(() => boxes.forEach((one) => { if (one.all.length) one.draw(); }));
})();
