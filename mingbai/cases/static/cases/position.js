// 用我现在的位置: asked for on purpose, never by itself; nothing is stored until the form is sent.
const WAIT = 20000;
const REFUSED = "没有得到允许。请在手机设置里允许这个页面用位置，或者写一句在哪里。";
const LOST = "没有找到位置，到空旷的地方再试，或者写一句在哪里。";

function start(box) {
  const [lat, lon] = ["lat", "lon"].map((name) => box.querySelector(`[name=${name}]`));
  const take = box.querySelector("[data-position-take]");
  const drop = box.querySelector("[data-position-drop]");
  const state = box.querySelector("[data-position-state]");

  const show = (words) => {
    drop.hidden = !lat.value;
    state.textContent = words;
  };
  const put = (at) => {
    lat.value = at ? at.coords.latitude.toFixed(5) : "";
    lon.value = at ? at.coords.longitude.toFixed(5) : "";
    lat.dispatchEvent(new Event("input", { bubbles: true }));
  };

  take.hidden = false;
  take.addEventListener("click", () => {
    take.setAttribute("aria-disabled", "true");
    show("正在找位置…");
    navigator.geolocation.getCurrentPosition(
      (at) => {
        take.removeAttribute("aria-disabled");
        put(at);
        const near = Math.round(at.coords.accuracy);
        show(`已带上位置，误差约 ${near} 米。办理的人看得到，公开的只到大概一带。`);
      },
      (wrong) => {
        take.removeAttribute("aria-disabled");
        show(wrong.code === wrong.PERMISSION_DENIED ? REFUSED : LOST);
      },
      { enableHighAccuracy: true, timeout: WAIT, maximumAge: 60000 },
    );
  });
  drop.addEventListener("click", () => {
    put(null);
    show("位置去掉了。");
    take.focus();
  });
  show(lat.value ? "已带上位置。办理的人看得到，公开的只到大概一带。" : "");
}

if (navigator.geolocation && globalThis.isSecureContext) {
  document.querySelectorAll("[data-position]").forEach(start);
}
