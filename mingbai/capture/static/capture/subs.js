// Small kinds (小类) follow the field that is chosen; without this file they stand in groups by field.
const small = document.querySelector("select[data-subs]");
const field = small && document.getElementById(small.dataset.subs);

if (field) {
  const groups = [...small.querySelectorAll("optgroup")];
  const fit = () => {
    const mine = groups.find((group) => group.dataset.field === field.value);
    if (small.selectedOptions[0]?.value && !mine?.contains(small.selectedOptions[0])) small.value = "";
    for (const group of groups) group.remove();
    if (mine) small.append(mine);
  };
  field.addEventListener("change", fit);
  fit();
}
