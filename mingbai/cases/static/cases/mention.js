// An @ in a note offers the colleagues who may see the case; Enter or a press takes the first that fits.
const box = document.querySelector("#f-text");
const list = document.querySelector("[data-mentions]");
const names = list ? [...list.querySelectorAll("[data-name]")] : [];

const begun = () => /[@＠]([\u3400-\u9fff·]{0,6})$/.exec(box.value.slice(0, box.selectionStart));

function offer() {
  const typed = begun();
  for (const one of names) one.hidden = !typed || one.dataset.name === typed[1] || !one.dataset.name.startsWith(typed[1]);
  list.hidden = names.every((one) => one.hidden);
}

function take(one) {
  const typed = begun();
  if (typed) box.setRangeText(`@${one.dataset.name} `, typed.index, box.selectionStart, "end");
  box.focus();
  offer();
}

if (box && names.length) {
  box.addEventListener("input", offer);
  box.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      take(names.find((one) => !one.hidden));
    } else if (event.key === "Escape") {
      list.hidden = true;
    }
  });
  for (const one of names) one.addEventListener("click", () => take(one));
}
