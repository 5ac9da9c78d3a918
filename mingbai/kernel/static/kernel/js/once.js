// A second press of the same button sends nothing. The server's token guards the same without this file.
const BUSY = "正在交…";

function release(form) {
  delete form.dataset.sent;
  for (const button of form.elements) {
    if (!button.kept) continue;
    button.removeAttribute("aria-disabled");
    button.replaceChildren(...button.kept);
    button.kept = null;
  }
}

function hold(button) {
  button.kept = [...button.childNodes];
  button.setAttribute("aria-disabled", "true");
  button.textContent = button.dataset.busy ?? BUSY;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  // Wait for the other listeners: one of them may keep the form here.
  setTimeout(() => {
    if (event.defaultPrevented) release(form);
    else if (event.submitter?.tagName === "BUTTON") hold(event.submitter);
  });
});

addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});
