// On a wide screen the talk and the list scroll by themselves: begin at what is being decided.
for (const what of [".chat [data-on]", ".rv-list [aria-current]"]) {
  const mark = document.querySelector(what);
  const panel = mark?.closest("[data-scroll]");
  if (panel && getComputedStyle(panel).overflowY === "auto") {
    panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 4;
  }
}
