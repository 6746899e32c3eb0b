// A button that copies the field it names, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // pages without encryption have no clipboard of their own
  }
  (button.querySelector("span") || button).textContent = button.dataset.copied;
});
