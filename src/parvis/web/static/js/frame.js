// What every page needs: menus, dialogs, messages, forms that send themselves, the words of the scripts.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const words = JSON.parse($("#words")?.textContent || "{}");
  const say = (name, places = {}) =>
    (words[name] || name).replace(/\{(\w+)\}/g, (whole, key) => (key in places ? places[key] : whole));
  const cookie = (name) =>
    decodeURIComponent((document.cookie.split("; ").find((part) => part.startsWith(name + "=")) || "").slice(name.length + 1));

  async function post(url, data = {}) {
    const body = data instanceof FormData ? data : new URLSearchParams(data);
    const answer = await fetch(url, {
      method: "POST", body, credentials: "same-origin", keepalive: true,
      headers: { "X-CSRFToken": cookie("csrftoken"), "X-Requested-With": "fetch" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer;
  }

  function toast(text, { tone = "", close = true } = {}) {
    const line = document.createElement("div");
    line.className = "toast-line " + tone;
    line.setAttribute("role", tone === "harm" ? "alert" : "status");
    line.textContent = text;
    $("#toasts").append(line);
    if (close) setTimeout(() => line.remove(), 8000);
    return line;
  }

  // Each message goes by itself; one that can be undone counts down, and only the newest can be.
  function mind(line) {
    if (line.dataset.minded || line.getAttribute("role") === "alert") return;
    line.dataset.minded = "1";
    let left = Number(line.dataset.undoS) || 6;
    const label = $("[data-countdown]", line);
    if (label) document.querySelectorAll("#toasts [data-undo-s]").forEach((other) => other !== line && other.remove());
    const step = () => {
      if (label) label.textContent = say("undo_in", { n: left });
      if (left-- <= 0) line.remove();
      else setTimeout(step, 1000);
    };
    step();
  }
  const toasts = $("#toasts");
  if (toasts) new MutationObserver(() => toasts.querySelectorAll(".toast-line").forEach(mind)).observe(toasts, { childList: true });

  // A dialog that asks before harm: data-confirm (question), data-confirm-text, data-confirm-yes.
  function ask(asker) {
    const dialog = $("#confirm");
    $("h2", dialog).textContent = asker.dataset.confirm;
    $("p", dialog).textContent = asker.dataset.confirmText || "";
    $("[value=yes]", dialog).textContent = asker.dataset.confirmYes || asker.textContent.trim();
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }
  document.addEventListener("click", async (event) => {
    const asker = event.target.closest("[data-confirm]");
    if (!asker || asker.dataset.agreed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await ask(asker))) return;
    asker.dataset.agreed = "1";
    asker.click();
    delete asker.dataset.agreed;
  }, true);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) $("#" + opener.dataset.dialog).showModal();
    if (event.target.closest("[data-close]")) event.target.closest(".toast-line")?.remove();
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest(".menu-list a, .menu-list button")) menu.open = false;
    });
    if (event.target.matches("dialog")) event.target.close();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement?.closest("details.menu[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); event.stopPropagation(); }
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-fold]")) return;
    event.preventDefault();
    const button = $("[name=rail]", form);
    document.documentElement.dataset.rail = button.value;
    post(form.action, { rail: button.value, quiet: "1" }).catch(() => {});
    button.value = button.value === "narrow" ? "wide" : "narrow";
  });

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = cookie("csrftoken");
  });
  document.addEventListener("htmx:error", (event) => {
    if (!event.detail?.ctx?.response) toast(say("failed"), { tone: "harm" });
  });

  // Relative times stay true on a page that stays open.
  const minute = 60000;
  setInterval(() => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const age = Date.now() - Date.parse(time.dateTime);
      if (age < 0 || age > 24 * 60 * minute || !time.title) continue;
      const minutes = Math.floor(age / minute);
      time.textContent = minutes < 1 ? say("now") : minutes < 60 ? say("minutes", { n: minutes }) : say("hours", { n: Math.floor(minutes / 60) });
    }
  }, minute);

  window.parvis = { $, say, post, toast, ask, cookie };
})();
