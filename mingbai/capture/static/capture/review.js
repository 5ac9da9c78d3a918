// The desk: panels begin at what is decided, ticks outlive the way to the next finding.
for (const what of [".chat [data-on]", ".rv-list [aria-current]"]) {
  const mark = document.querySelector(what);
  const panel = mark?.closest("[data-scroll]");
  if (panel && getComputedStyle(panel).overflowY === "auto") {
    panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 4;
  }
}

// On a narrow screen the list starts closed, so that the finding comes first.
const list = document.querySelector("details[data-list]");
if (list) {
  const wide = matchMedia("(min-width: 1200px)");
  const fit = () => (list.open = wide.matches);
  wide.addEventListener("change", fit);
  fit();
}

const TICKED = "review-ticked";
const boxes = [...document.querySelectorAll("[data-batch] input[type=checkbox]")];
const bar = document.querySelector("[data-batch-bar]");
const count = document.querySelector("[data-batch-count]");

function remembered() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(TICKED) ?? "[]"));
  } catch {
    return new Set();
  }
}

function show() {
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  try {
    // Whatever is no longer listed has been ruled on or has changed: it must be ticked anew.
    sessionStorage.setItem(TICKED, JSON.stringify(ticked));
  } catch {
    // Kept for this page only.
  }
  bar.hidden = ticked.length === 0;
  count.textContent = `勾了 ${ticked.length} 条，一起：`;
}

if (bar) {
  const before = remembered();
  for (const box of boxes) {
    box.checked = before.has(box.value);
    box.addEventListener("change", show);
  }
  show();
}
