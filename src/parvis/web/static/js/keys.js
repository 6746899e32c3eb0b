// Keys and the command palette. Every key is an element's: data-key presses it, data-go goes there after g.
(() => {
  "use strict";
  const { $, say } = window.parvis;
  const shown = (element) => element.getClientRects().length > 0 && !element.disabled;
  const typing = (element) => element?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const contexts = () => [$("#toasts"), $("#detail"), $(".talk-row.is-current"), $(".queue-row.is-current"), document].filter(Boolean);

  // The nearest bearer of a key: the message, the open conversation, the current row, then the page.
  function bearer(key) {
    for (const context of contexts()) {
      const found = [...context.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(
        (element) => (shown(element) || element.closest("details:not([open])")) &&
          (context !== document || !element.closest(".talk-row:not(.is-current), .queue-row:not(.is-current)")));
      if (found) return found;
    }
    return null;
  }
  function press(element) {
    const folded = element.closest("details:not([open])");
    if (folded) folded.open = true;
    if (element.matches("input:not([type=checkbox]), textarea, select")) { element.focus(); element.select?.(); }
    else if (element.matches("summary")) { element.parentElement.open = true; focusInside(element.parentElement); }
    else element.click();
  }
  function focusInside(details) {
    const first = $("textarea, input:not([type=hidden]), select, a, button", details.querySelector("summary ~ *"));
    first?.focus();
  }

  // A menu whose choices came after it was opened: the focus goes on into them.
  document.addEventListener("htmx:after:swap", () => {
    const menu = document.activeElement === document.body && $("details.menu[open][hx-get]");
    if (menu) focusInside(menu);
  });

  let waitsForGo = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && typing(event.target)) {
      event.preventDefault(); event.target.form?.requestSubmit(); return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) { event.target.blur(); return; }
    if (typing(event.target) || $("dialog[open]")) return;
    const name = event.shiftKey && event.key !== "." && (event.code === "Period" || event.key.length > 1) ? "Shift-" + (event.code === "Period" ? "." : event.key) : event.key;
    if (Date.now() - waitsForGo < 1500) {
      waitsForGo = 0;
      const place = $(`[data-go="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); return; }
    }
    if (event.key === "g") { waitsForGo = Date.now(); return; }
    if (event.key === "?") { event.preventDefault(); openKeys(); return; }
    const open = $("details.reasons[open]");
    if (open && /^[1-9]$/.test(event.key)) {
      const reason = open.querySelector(`[data-digit="${event.key}"]`);
      if (reason) { event.preventDefault(); reason.click(); open.open = false; return; }
    }
    const moved = new CustomEvent("parvis:key", { detail: name, cancelable: true });
    if (!document.dispatchEvent(moved)) { event.preventDefault(); return; }
    const target = bearer(name);
    if (target) { event.preventDefault(); press(target); }
  });

  const labelOf = (element) => element.dataset.label || element.getAttribute("aria-label") ||
    [...element.childNodes].filter((node) => !node.matches?.("kbd, .icon, .count")).map((node) => node.textContent).join(" ").replace(/\s+/g, " ").trim() ||
    element.placeholder || "";

  // “Look: Light”: a choice is told with what it chooses, unless it has a label of its own.
  const commandOf = (element) => {
    const own = labelOf(element), set = element.closest("fieldset, [data-group]");
    const group = set && !element.dataset.label && element.closest(".menu-list") && (set.dataset.group || $("legend", set)?.textContent.trim());
    return own && group ? say("choice", { what: group, choice: own }) : own;
  };

  function openKeys() {
    const list = $("#keys-list");
    list.querySelectorAll("[data-own]").forEach((line) => line.remove());
    const known = new Set([...list.querySelectorAll("kbd")].map((cap) => cap.textContent));
    const lines = new Map();
    for (const element of document.querySelectorAll("[data-key]")) {
      const key = element.dataset.key.replace(/^([A-Z])$/, "Shift-$1");
      if (!known.has(key) && !lines.has(key)) lines.set(key, element.dataset.label || labelOf(element));
    }
    for (const element of document.querySelectorAll("[data-go]")) if (element.dataset.go) lines.set("g " + element.dataset.go, labelOf(element));
    list.append(...[...lines].map(([key, name]) => {
      const line = document.createElement("div"), term = document.createElement("dt"), value = document.createElement("dd");
      line.dataset.own = "";
      term.textContent = name;
      for (const part of key.split(" ")) { const cap = document.createElement("kbd"); cap.textContent = part; value.append(cap, " "); }
      line.append(term, value);
      return line;
    }));
    $("#keys").showModal();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog=keys]")) { $("#keys").close(); openKeys(); }
    if (event.target.closest("[data-dialog=palette]")) { $("#palette").close(); openPalette(); }
  });

  const palette = $("#palette");
  if (!palette) return;
  const input = $("input", palette), list = $("ul", palette);
  let commands = [], chosen = 0;
  function openPalette() {
    const sources = "[data-go], [data-command], .tabs a, .menu-list a, .menu-list button, [data-key]";
    const seen = new Set();
    commands = [...document.querySelectorAll(sources)]
      .filter((element) => !element.closest("dialog, .talk-row:not(.is-current), .queue-row:not(.is-current)") && !(element.closest("[hidden]")))
      .filter((element) => !element.closest(".bulk") || shown(element.closest(".bulk"))) // nothing is selected
      .map((element) => ({ element, label: commandOf(element), key: element.dataset.key || (element.dataset.go ? "g " + element.dataset.go : "") }))
      .filter(({ label }) => label && !seen.has(label) && seen.add(label));
    input.value = "";
    palette.showModal();
    draw();
  }
  function draw() {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = commands.filter(({ label }) => wanted.every((word) => label.toLowerCase().includes(word))).slice(0, 40);
    chosen = 0;
    list.replaceChildren(...found.map((command, index) => {
      const line = document.createElement("li");
      line.id = "command-" + index;
      line.setAttribute("role", "option");
      line.append(command.label);
      if (command.key) { const cap = document.createElement("kbd"); cap.textContent = command.key; line.append(cap); }
      line.addEventListener("click", () => run(command));
      line.command = command;
      return line;
    }));
    if (!found.length) {
      const line = document.createElement("li");
      line.setAttribute("role", "option");
      line.textContent = say("nothing_found");
      list.append(line);
    }
    mark();
  }
  function mark() {
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === chosen)));
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", "command-" + chosen);
  }
  function run({ element }) { palette.close(); press(element); }
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); chosen = Math.max(0, Math.min(list.children.length - 1, chosen + step)); mark(); }
    if (event.key === "Enter") { event.preventDefault(); const command = list.children[chosen]?.command; if (command) run(command); }
  });
})();
