// 长辈版 without a reload. The server reads the same cookie; without this file the link does the work.
const root = document.documentElement;
const link = document.querySelector("[data-elder]");

const remembered = () => /(^|;\s*)mode=elder(;|$)/.test(document.cookie);

function show(elder) {
  if (elder) root.dataset.mode = "elder";
  else delete root.dataset.mode;
  link.querySelector("span").textContent = elder ? "普通版" : "长辈版";
  const address = new URL(location.href);
  address.searchParams.set("mode", elder ? "plain" : "elder");
  link.href = address.pathname + address.search;
}

function remember(elder) {
  document.cookie = `mode=${elder ? "elder" : "plain"}; path=/; max-age=34560000; samesite=lax`;
}

if (link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const elder = root.dataset.mode !== "elder";
    remember(elder);
    show(elder);
  });
  // A page brought back by "back" may be older than the choice.
  addEventListener("pageshow", (event) => {
    if (event.persisted) show(remembered());
  });
}
