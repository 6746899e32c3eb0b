"""How an attack that runs is found out: what it called, what it left in the page, whom it asked.

The pages' own content security policy is switched off, so that sanitising alone must hold.
"""

from typing import Any

TRAP = """
window.__ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = (...a) => { window.__ran.push(name + ':' + a); };
"""
WATCH = """() => {
  const bad = [...window.__ran];
  for (const script of document.scripts) if (!script.src.startsWith(location.origin + '/static/') && script.type !== 'application/json') bad.push('script ' + script.outerHTML.slice(0, 200));
  for (const one of document.querySelectorAll('*')) {
    for (const attribute of one.attributes) {
      if (/^on/i.test(attribute.name)) bad.push('handler ' + one.outerHTML.slice(0, 200));
      if (/^(href|src|action|formaction|xlink:href|srcset|poster|data)$/i.test(attribute.name) && /^[\\s\\u0000-\\u001f]*(javascript|vbscript|data):/i.test(attribute.value) && !attribute.value.startsWith('data:image/')) bad.push('link ' + one.outerHTML.slice(0, 200));
    }
    if (/^(iframe|object|embed|base|frame|applet|portal)$/i.test(one.tagName)) bad.push('element ' + one.outerHTML.slice(0, 200));
  }
  return bad;
}"""
SETTLE_MS = 50


class Watch:
    """A page of Camille's in which nothing that runs goes unnoticed. `context` is closed by who opened the watch."""

    def __init__(self, chromium: Any, desk: Any) -> None:
        self.address: str = desk.address
        self.strangers: list[str] = []
        self.context = chromium.new_context(bypass_csp=True, viewport={"width": 1440, "height": 900})
        self.context.add_cookies([{"name": "parvis", "value": desk.keys["Camille"], "url": desk.address}])
        self.context.add_init_script(TRAP)
        self.page = self.context.new_page()
        self.page.on("request", self._note_request)
        self.page.on("dialog", self._note_dialog)

    def findings(self, path: str) -> list[str]:
        """What ran on this page, what stands ready to run, and every address but ours that was asked.

        [] is good, and only for a page that was shown: an error page is a finding too.
        """
        answer = self.page.goto(self.address + path)
        self.page.wait_for_timeout(SETTLE_MS)
        missing = [] if answer.ok else [f"not shown: {answer.status}"]
        elsewhere = [] if self.page.url.startswith(self.address) else ["led to " + self.page.url]
        asked, self.strangers = self.strangers, []
        return [*missing, *self.page.evaluate(WATCH), *elsewhere, *asked]

    def _note_request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.strangers.append("request " + request.url)

    def _note_dialog(self, dialog: Any) -> None:
        self.strangers.append("dialog " + dialog.message)
        dialog.dismiss()
