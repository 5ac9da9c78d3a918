// Menus of the bar close on Escape and on a press elsewhere; on a narrow screen the navigation starts closed.
const menus = document.querySelectorAll("details[data-menu]");

document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const navigation = document.querySelector("details[data-narrow-closed]");
if (navigation) {
  const wide = matchMedia("(min-width: 900px)");
  const fit = () => (navigation.open = wide.matches);
  wide.addEventListener("change", fit);
  fit();
}
