// While a platform is asked, a form says so; work that goes on in the background redraws its own piece of the page.
(() => {
  "use strict";
  const show = (form, on) => {
    const waiting = form.querySelector(".waiting");
    if (waiting) waiting.hidden = !on;
    form.querySelectorAll("button").forEach((button) => (button.disabled = on));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-wait]")) setTimeout(() => show(form, true)); // after the button's own value was taken
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-wait]").forEach((form) => show(form, false));
  });
})();
