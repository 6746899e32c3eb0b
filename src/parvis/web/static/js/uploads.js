// Files are sent piece by piece and go on where they stopped: after a break, and after the page was opened anew.
(() => {
  "use strict";
  const { $, cookie, say } = window.parvis;
  const AT_ONCE = 2, FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 30000, LOOK_MS = 2000, OVERLAP_BYTES = 65536;
  const waiting = [];
  let running = 0;

  const head = (more = {}) => ({ "X-CSRFToken": cookie("csrftoken"), "X-Requested-With": "fetch", ...more });
  async function ask(url, options = {}) {
    const answer = await fetch(url, { credentials: "same-origin", ...options, headers: head(options.headers) });
    let told = {};
    try { told = await answer.json(); } catch { /* no words came with it */ }
    return { ok: answer.ok, status: answer.status, told };
  }
  const pause = (ms, signal) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    const now = () => { clearTimeout(timer); done(); };
    addEventListener("online", now, { once: true });
    signal?.addEventListener("abort", now, { once: true });
  });

  // One file on its way. `place`: the element that says where to; `tell` is called at each change.
  class Arrival {
    constructor(place, { file = null, told = null, department = "", folder = "", asset = "", note = () => "" }, tell) {
      Object.assign(this, { place, file, department, folder, asset, note, tell, told, state: told ? told.state : "new", problem: "", abort: null });
      this.name = told ? told.name : file.name;
      this.size = told ? told.size : file.size;
      this.received = told ? told.received : 0;
    }
    url(which) { return this.place.dataset[which].replace(/0{8}-(0{4}-){3}0{12}/, this.told.key); }
    set(state, problem = "") { this.state = state; this.problem = problem; this.tell(this); }
    start() {
      if (!waiting.includes(this)) waiting.push(this);
      this.set("queued");
      next();
    }
    stop() {
      const at = waiting.indexOf(this);
      if (at >= 0) waiting.splice(at, 1);
      this.isStopped = true;
      this.abort?.abort();
      if (this.state !== "done") this.set("paused");
    }
    async cancel() {
      this.stop();
      if (this.told) await ask(this.url("one"), { method: "POST", body: new URLSearchParams({ verb: "cancel" }) }).catch(() => {});
      this.set("gone");
    }
    // The same file, chosen once more. False where it is plainly another.
    goOn(file) {
      if (file.size !== this.size) return false;
      this.file = file;
      this.start();
      return true;
    }
    async run() {
      this.isStopped = false;
      this.abort = new AbortController();
      this.set("sending");
      let wait = FIRST_WAIT_MS, isAgain = this.told !== null;
      while (!this.isStopped) {
        try {
          if (!this.told) await this.begin();
          else if (isAgain) await this.look();
          if (["arriving"].includes(this.told.state)) await this.send(isAgain);
          await this.arrive();
          return;
        } catch (error) {
          if (this.isStopped) return;
          if (error instanceof Refused) { this.set("failed", error.message); return; }
          isAgain = this.told !== null;
          this.set("offline");
          await pause(wait, this.abort.signal);
          wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        }
      }
    }
    take({ ok, status, told }) {
      if (ok) { this.told = told; this.received = told.received; return; }
      if (status >= 500 || status === 429) throw new Error(String(status));
      throw new Refused(told.problem || this.place.dataset.saidFailed);
    }
    async begin() {
      const body = new URLSearchParams({ name: this.file.name, size: this.file.size, department: this.department, folder: this.folder, asset: this.asset });
      this.take(await ask(this.place.dataset.uploads, { method: "POST", body, signal: this.abort.signal }));
    }
    async look() { this.take(await ask(this.url("one"), { signal: this.abort.signal })); }
    async send(isAgain) {
      const piece = Number(this.place.dataset.piece);
      let at = isAgain ? Math.max(0, this.received - OVERLAP_BYTES) : this.received; // what is sent twice must be the same
      this.set("sending");
      while (this.received < this.size) {
        const answer = await ask(`${this.url("one")}?offset=${at}`, { method: "POST", body: this.file.slice(at, at + piece), headers: { "Content-Type": "application/octet-stream" }, signal: this.abort.signal });
        if (answer.status === 409 && answer.told.received !== undefined) { at = this.received = answer.told.received; continue; }
        this.take(answer);
        at = this.received;
        this.set("sending");
      }
    }
    async arrive() {
      const body = new URLSearchParams({ folder: this.folder, asset: this.asset, note: this.note() });
      this.set("waiting");
      this.take(await ask(this.url("arrive"), { method: "POST", body, signal: this.abort.signal }));
      while (this.told.state === "waiting" && !this.isStopped) {
        await pause(LOOK_MS, this.abort.signal);
        await this.look();
      }
      if (this.told.state === "done") this.set("done");
      else if (this.told.state === "failed") throw new Refused(this.told.problem || this.place.dataset.saidFailed);
    }
  }
  class Refused extends Error {}

  function next() {
    while (running < AT_ONCE && waiting.length) {
      running += 1;
      waiting.shift().run().finally(() => { running -= 1; next(); });
    }
  }
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });

  // A line for each: how much of how much, stop, go on, away with it.
  const amount = (bytes) => {
    const isLarge = bytes >= 1e6, value = isLarge ? bytes / 1e6 : bytes / 1e3;
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: isLarge ? "megabyte" : "kilobyte", unitDisplay: "short", maximumFractionDigits: isLarge ? 1 : 0 }).format(value);
  };
  const fill = (words, one) => words.replace("{done}", amount(one.received)).replace("{total}", amount(one.size));
  function line(one) {
    const row = $("#one-arrival").content.firstElementChild.cloneNode(true);
    $("[data-name]", row).textContent = one.name;
    $("[data-bar]", row).setAttribute("aria-label", one.name);
    $("[data-pause]", row).addEventListener("click", () => one.stop());
    $("[data-resume]", row).addEventListener("click", () => one.start());
    $("[data-cancel]", row).addEventListener("click", () => one.cancel());
    $("[data-away]", row).addEventListener("click", () => row.remove());
    $("[data-file]", row).addEventListener("change", (event) => {
      const file = event.target.files[0];
      event.stopPropagation();
      if (file && !one.goOn(file)) draw(one, row, one.place.dataset.saidOther);
    });
    return row;
  }
  function draw(one, row, words = "") {
    const said = one.place.dataset, part = (name) => $(`[data-${name}]`, row);
    const needsFile = one.told && !one.file && one.state === "arriving";
    const texts = {
      queued: fill(said.saidSending, one), sending: fill(said.saidSending, one), waiting: said.saidWaiting, offline: said.saidOffline,
      paused: fill(said.saidPaused, one), arriving: fill(said.saidAgain, one), failed: one.problem,
      done: one.told?.is_known ? said.saidKnown : said.saidDone,
    };
    part("said").textContent = words || texts[one.state] || "";
    part("said").classList.toggle("tone-harm", Boolean(words) || one.state === "failed");
    const bar = part("bar"), isOver = ["done", "failed", "gone"].includes(one.state);
    bar.hidden = isOver;
    if (one.state === "waiting") bar.removeAttribute("value");
    else bar.value = one.size ? one.received / one.size : 0;
    part("pause").hidden = !["queued", "sending", "offline"].includes(one.state);
    part("resume").hidden = !(one.state === "paused" && one.file);
    part("choose").hidden = !needsFile;
    part("cancel").hidden = isOver || one.state === "waiting";
    part("away").hidden = !isOver;
    const open = part("open");
    open.hidden = one.state !== "done" || !one.told.asset_url;
    if (!open.hidden) open.href = one.told.asset_url;
    if (one.state === "gone") row.remove();
  }

  // `list`: where the lines stand; `done` is called with each that has arrived.
  function send(place, list, files, options, done) {
    for (const file of files) {
      let row = null;
      const one = new Arrival(place, { file, ...options }, (changed) => { if (row) draw(changed, row); if (changed.state === "done") done(changed); });
      row = line(one);
      list.append(row);
      one.start();
    }
  }
  // What had not arrived when the page was left.
  async function goOn(place, list, done) {
    let found = [];
    try { found = (await ask(place.dataset.uploads)).told.uploads || []; } catch { return; }
    for (const told of found) {
      if (told.state !== "arriving" && told.state !== "waiting") continue;
      let row = null;
      const one = new Arrival(place, { told, folder: place.dataset.folder, asset: "" }, (changed) => { if (row) draw(changed, row); if (changed.state === "done") done(changed); });
      row = line(one);
      list.append(row);
      if (told.state === "waiting") one.start();
      else draw(one, row);
    }
  }
  // The same file once more goes on with what it had begun.
  function filesFrom(transfer) { return [...(transfer?.files || [])]; }
  // Files that are dragged over `page`, or pasted anywhere.
  function catchFiles(page, take, { pastes = true } = {}) {
    let depth = 0;
    const isFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
    page.addEventListener("dragenter", (event) => { if (isFiles(event)) { event.preventDefault(); depth += 1; page.classList.add("is-over-files"); } });
    page.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
    page.addEventListener("dragleave", (event) => { if (isFiles(event) && --depth <= 0) { depth = 0; page.classList.remove("is-over-files"); } });
    page.addEventListener("drop", (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      depth = 0;
      page.classList.remove("is-over-files");
      take(filesFrom(event.dataTransfer), false);
    });
    if (pastes) document.addEventListener("paste", (event) => {
      const files = filesFrom(event.clipboardData);
      if (!files.length || event.clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      take(files, true);
    });
  }
  window.parvis.uploads = { send, goOn, catchFiles, ask };
})();
