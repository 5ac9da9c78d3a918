// The work list by keyboard: j and k go from row to row, x ticks, Enter opens; off where keys are off.
const rows = [...document.querySelectorAll("[data-worklist] [data-row]")];
const hint = document.querySelector("[data-worklist-keys]");
let at = -1;

function on() {
  try {
    return localStorage.getItem("keys-off") !== "1";
  } catch {
    return true;
  }
}

const typing = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox])");

function go(step) {
  if (!rows.length) return;
  rows[at]?.removeAttribute("aria-current");
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  rows[at].setAttribute("aria-current", "true");
  rows[at].querySelector("th a").focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

const ACTS = {
  j: () => go(1),
  k: () => go(-1),
  x: () => rows[at]?.querySelector("input[type=checkbox]")?.click(),
  enter: () => rows[at]?.querySelector("th a").click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || !on() || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  // Enter on a link or button already does what it says.
  if (key === "enter" && event.target.closest("a, button, summary")) return;
  if (!ACTS[key]) return;
  event.preventDefault();
  ACTS[key]();
});

if (hint && rows.length) hint.hidden = false;

// On a narrow screen the filters start closed, so that the cases come first.
const filters = document.querySelector("[data-filters]");
if (filters) {
  const wide = matchMedia("(min-width: 700px)");
  const fit = () => (filters.open = wide.matches);
  wide.addEventListener("change", fit);
  fit();
}
