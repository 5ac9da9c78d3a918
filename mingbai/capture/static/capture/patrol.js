// Going through a group by keyboard: j and k walk from line to line, x ticks the line that one stands on.
const lines = [...document.querySelectorAll("[data-line]")];
const panel = document.querySelector("[data-lines]")?.closest("[data-scroll]");
const picked = document.querySelector("[data-picked]");
const typing = (element) => element.matches("textarea, select, input:not([type=checkbox])");
let at = -1;

// The switch in the list of keys ("?") holds for these too.
function off() {
  try {
    return localStorage.getItem("keys-off") === "1";
  } catch {
    return false;
  }
}

function go(step) {
  at = Math.min(Math.max(at + step, 0), lines.length - 1);
  lines[at].focus({ preventScroll: true });
  lines[at].scrollIntoView({ block: "nearest" });
}

function tell() {
  const many = document.querySelectorAll("[data-line] input:checked").length;
  picked.textContent = many ? `勾了 ${many} 句` : "先在左边勾";
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (off() || typing(event.target) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") go(key === "j" ? 1 : -1);
  else if (key === "x" && at >= 0) lines[at].querySelector("input").click();
  else return;
  event.preventDefault();
});

for (const [place, line] of lines.entries()) {
  line.addEventListener("focusin", () => (at = place));
  line.querySelector("input").addEventListener("change", tell);
}

// Begin at the first line that was not read; j then walks onto it.
const fresh = document.querySelector("[data-new]");
if (fresh) {
  at = lines.findIndex((line) => line.compareDocumentPosition(fresh) & Node.DOCUMENT_POSITION_PRECEDING) - 1;
  if (panel && getComputedStyle(panel).overflowY === "auto") {
    panel.scrollTop += fresh.getBoundingClientRect().top - panel.getBoundingClientRect().top - 80;
  }
}
if (picked) tell();
