// Copy a message to forward; take a suggested answer into the box to change it. Without this script
// the suggestions are still sent as they stand, and a message can be selected by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.lastChild.textContent = "已复制";
  });
}
for (const button of document.querySelectorAll("[data-fill]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const box = document.getElementById(button.dataset.fill);
    box.value = button.form.elements.text.value;
    box.focus();
  });
}
