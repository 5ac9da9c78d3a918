// Copy the notice, print the sheet. Without this file the text can still be marked and printed by hand.
const words = document.querySelector("[data-notice]");
const copy = document.querySelector("[data-copy]");
const told = document.querySelector("[data-copied]");
const print = document.querySelector("[data-print]");

if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(words.textContent);
      told.textContent = "已复制。";
    } catch {
      told.textContent = "没有复制成，请长按文字再复制。";
    }
  });
}
