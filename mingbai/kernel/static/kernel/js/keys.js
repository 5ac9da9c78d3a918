// Keyboard for staff: data-key="r" on a link, button or field; "?" lists them; can be switched off.
const OFF = "keys-off";
const hint = document.querySelector("[data-keys-hint]");
let dialog = null;

const stored = () => {
  try {
    return localStorage.getItem(OFF) !== "1";
  } catch {
    return true;
  }
};
let on = stored();

const shown = (element) => element.getClientRects().length > 0;
const typing = (element) =>
  element.isContentEditable ||
  element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])");

function words(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((one) => one.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function list() {
  const rows = document.createElement("dl");
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!shown(element)) continue;
    const [term, says, cap] = ["dt", "dd", "kbd"].map((tag) => document.createElement(tag));
    cap.textContent = element.dataset.key.toUpperCase();
    term.append(cap);
    says.textContent = words(element);
    rows.append(term, says);
  }
  return rows;
}

function make() {
  const made = document.createElement("dialog");
  made.className = "mb-dialog";
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = "快捷键";
  made.setAttribute("aria-labelledby", title.id);
  const foot = document.createElement("footer");
  const label = document.createElement("label");
  const tick = document.createElement("input");
  tick.type = "checkbox";
  tick.checked = on;
  tick.addEventListener("change", () => {
    on = tick.checked;
    try {
      localStorage.setItem(OFF, on ? "0" : "1");
    } catch {
      // Kept for this page only.
    }
  });
  label.append(tick, " 用快捷键");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "st-btn";
  close.dataset.k = "quiet";
  close.textContent = "关上";
  close.addEventListener("click", () => made.close());
  foot.append(label, close);
  made.append(title, document.createElement("dl"), foot);
  document.body.append(made);
  return made;
}

function help() {
  dialog ??= make();
  dialog.querySelector("dl").replaceWith(list());
  dialog.showModal();
}

function act(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  // "?" stays, so that the keys can be switched on again.
  if (event.key === "?") {
    event.preventDefault();
    help();
    return;
  }
  if (!on) return;
  const pressed = event.key.toLowerCase();
  const element = [...document.querySelectorAll("[data-key]")].find(
    (one) => one.dataset.key.toLowerCase() === pressed && shown(one) && one.getAttribute("aria-disabled") !== "true",
  );
  if (!element) return;
  event.preventDefault();
  act(element);
});

if (hint) hint.hidden = false;
