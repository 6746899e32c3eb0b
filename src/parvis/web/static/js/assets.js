// The library and one asset: files are dropped and sent, the focal point is moved, lines of subtitles are added.
(() => {
  "use strict";
  const { $, uploads } = window.parvis;

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-click]");
    if (opener) $(opener.dataset.click)?.click();
  });

  const panel = $("#upload");
  if (panel && uploads) {
    const list = $("#arrivals"), input = $("#upload-file"), isVersion = Boolean(panel.dataset.asset);
    const department = () => $("[name=department]", panel)?.value || panel.dataset.department;
    const take = (files) => {
      const options = { department: department(), folder: panel.dataset.folder, asset: panel.dataset.asset, note: () => $("#upload-note")?.value || "" };
      uploads.send(panel, list, isVersion ? files.slice(0, 1) : files, options, arrived);
    };
    input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; take(files); });
    panel.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    const page = $("[data-drop]");
    if (page) uploads.catchFiles(page, take);
    if (!isVersion) uploads.goOn(panel, list, arrived);
  }
  async function arrived() {
    if (panel.dataset.asset) { location.reload(); return; }
    await readAgain((old, fresh) => old.replaceWith(document.adoptNode(fresh)));
  }
  async function readAgain(put) {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = $("#library-found"), fresh = page.getElementById("library-found");
    if (old && fresh) { put(old, fresh); if (window.htmx) htmx.process($("#library-found")); }
  }
  // Small pictures come when they are made.
  document.addEventListener("parvis:live", ({ detail }) => {
    if (!detail.kinds.includes("asset") || !$(".tile[data-pending]")) return;
    readAgain((old, fresh) => {
      for (const tile of old.querySelectorAll(".tile[data-pending]")) {
        const made = fresh.querySelector(`.tile[data-asset="${CSS.escape(tile.dataset.asset)}"]:not([data-pending])`);
        if (made) tile.replaceWith(document.adoptNode(made));
      }
    });
  });

  // The focal point: by hand, by a click, by the arrow keys.
  const STEP = 0.02;
  const focus = $("#focus[data-focus-form]");
  if (focus) window.parvis.focalPoint = null;
  function focalPoint(field, { x, y, changed, said }) {
    const point = $("[data-point]", field), picture = $("img", field);
    const at = { x, y };
    const place = () => { point.style.insetInlineStart = "auto"; point.style.left = `${at.x * 100}%`; point.style.top = `${at.y * 100}%`; };
    const clamp = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
    const move = (left, top) => { at.x = clamp(left); at.y = clamp(top); place(); changed(at); said?.(at); };
    const fromEvent = (event) => { const box = picture.getBoundingClientRect(); move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height); };
    field.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      field.setPointerCapture(event.pointerId);
      fromEvent(event);
      point.focus();
    });
    field.addEventListener("pointermove", (event) => { if (field.hasPointerCapture(event.pointerId)) fromEvent(event); });
    point.addEventListener("keydown", (event) => {
      const [left, top] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key] || [0, 0];
      if (!left && !top) return;
      event.preventDefault();
      event.stopPropagation();
      move(at.x + left, at.y + top);
    });
    place();
    return { set: (left, top) => { at.x = left; at.y = top; place(); } };
  }
  window.parvis.focalPoint = focalPoint;
  if (focus) {
    const form = $(focus.dataset.focusForm), words = focus.dataset.said;
    const number = (written) => (written === "" || Number.isNaN(Number(written)) ? 0.5 : Number(written));
    focalPoint(focus, {
      x: number(focus.dataset.x), y: number(focus.dataset.y),
      changed: (at) => { form.elements.focus_x.value = at.x; form.elements.focus_y.value = at.y; },
      said: (at) => { $("#focus-said").textContent = words.replace("{x}", Math.round(at.x * 100)).replace("{y}", Math.round(at.y * 100)); },
    });
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-more-cues]")) return;
    const rows = $(".cues tbody"), fresh = rows.lastElementChild.cloneNode(true);
    fresh.querySelectorAll("input, textarea").forEach((field) => { field.value = ""; field.removeAttribute("value"); });
    rows.append(fresh);
    $("input", fresh).focus();
  });
})();
