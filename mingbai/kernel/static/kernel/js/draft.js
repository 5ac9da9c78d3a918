// Keeps what is being written on this phone, for a week at most. Never: files, passwords, phone numbers and codes.
const WEEK = 7 * 86400000;
const NEVER = new Set(["hidden", "file", "password", "tel", "submit", "button", "image", "reset"]);

const place = (name) => `draft:${name}`;

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(place(name)));
    return kept && Date.now() - kept.at < WEEK ? kept.fields : null;
  } catch {
    return null;
  }
}

function forget(name) {
  try {
    localStorage.removeItem(place(name));
  } catch {
    // Storage is switched off: nothing was kept either.
  }
}

const keeps = (field) =>
  field.name &&
  !NEVER.has(field.type) &&
  field.autocomplete !== "one-time-code" &&
  !field.hasAttribute("data-draft-skip");

const ticks = (field) => field.type === "radio" || field.type === "checkbox";

function touched(field) {
  if (!keeps(field)) return false;
  if (ticks(field)) return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const usual = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(usual, 0);
}

function collect(form) {
  const fields = {};
  for (const field of form.elements) {
    if (!keeps(field)) continue;
    if (!ticks(field)) {
      if (field.value) fields[field.name] = [field.value];
    } else if (field.checked) {
      (fields[field.name] ??= []).push(field.value);
    }
  }
  return fields;
}

function restore(form, fields) {
  for (const field of form.elements) {
    const values = keeps(field) && fields[field.name];
    if (!values) continue;
    if (ticks(field)) field.checked = values.includes(field.value);
    // What the server sent back with an error is newer than the draft.
    else if (!field.value || field.tagName === "SELECT") field.value = values[0];
  }
}

function watch(form) {
  const name = form.dataset.draft;
  const state = document.querySelector("[data-draft-state]");
  const say = (words) => {
    if (!state) return;
    state.hidden = !words;
    state.querySelector("span").textContent = words;
  };
  const save = () => {
    if (![...form.elements].some(touched)) return;
    try {
      localStorage.setItem(place(name), JSON.stringify({ at: Date.now(), fields: collect(form) }));
      say("已存在本机");
    } catch {
      say("");
    }
  };
  const kept = read(name);
  if (kept) {
    restore(form, kept);
    say("上次写的已放回来，存在本机");
  }
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, 600);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    save();
  });
  document.querySelector("[data-draft-save]")?.addEventListener("click", save);
  document.querySelector("[data-draft-clear]")?.addEventListener("click", () => {
    clearTimeout(timer);
    forget(name);
    form.reset();
    say("");
  });
}

document.querySelectorAll("[data-draft-done]").forEach((mark) => forget(mark.dataset.draftDone));
document.querySelectorAll("form[data-draft]").forEach(watch);
