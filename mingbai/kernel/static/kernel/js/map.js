// The map: shapes and points of a GeoJSON address, no tiles. Every shape is a link; the list below says the same.
function mark(feature, layer) {
  const { name, note, late, keep, own, q } = feature.properties;
  const text = document.createElement("span");
  text.append(name);
  if (note && late) {
    const warning = document.createElement("b");
    warning.textContent = `! ${note}`;
    text.append(warning);
  }
  const point = feature.geometry.type === "Point";
  const kept = keep || own || late ? " keep" : "";
  const onDark = q >= 4 && !point ? " inv" : "";
  layer.bindTooltip(text, {
    permanent: true,
    direction: point ? "right" : "center",
    className: `mb-map__label${kept}${onDark}`,
    opacity: 1,
  });
}

function follow(feature, layer) {
  const { name, note, url, own } = feature.properties;
  const go = () => location.assign(url);
  layer.on("add", () => {
    const path = layer.getElement();
    path.setAttribute("aria-label", note ? `${name}，${note}` : name);
    path.setAttribute("role", url ? "link" : "img");
    if (own) path.setAttribute("aria-current", "location");
    if (!url) return;
    path.setAttribute("tabindex", "0");
    path.addEventListener("keydown", (event) => event.key === "Enter" && go());
  });
  if (url) layer.on("click", go);
}

function classes({ q, own }, point) {
  const shade = Number.isInteger(q) && q >= 0 && q <= 5 ? `q${q}` : "";
  return `${shade} ${own ? "own" : ""} ${point ? "point" : ""}`.trim();
}

// Two names never lie over each other: kept ones first, then the larger shape.
function sift(labels) {
  const taken = [];
  for (const label of labels) {
    label.classList.remove("off");
    const one = label.getBoundingClientRect();
    const hit = taken.some((two) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom);
    if (hit) label.classList.add("off");
    else taken.push(one);
  }
}

function draw(box, shapes) {
  const L = globalThis.L;
  const holder = box.querySelector(".mb-map__box");
  box.hidden = false;
  const map = L.map(holder, {
    attributionControl: false,
    zoomControl: false,
    scrollWheelZoom: false,
    dragging: !L.Browser.mobile,
    zoomSnap: 0.25,
    maxZoom: 16,
  });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  const layer = L.geoJSON(shapes, {
    style: (feature) => ({ className: classes(feature.properties, false), weight: 1.5 }),
    pointToLayer: (feature, at) => L.circleMarker(at, { radius: 9, className: classes(feature.properties, true) }),
    onEachFeature: (feature, one) => {
      mark(feature, one);
      follow(feature, one);
    },
  }).addTo(map);
  map.fitBounds(layer.getBounds(), { padding: [8, 8], animate: false });
  const size = (one) => {
    const bounds = one.getBounds?.();
    return bounds ? (bounds.getEast() - bounds.getWest()) * (bounds.getNorth() - bounds.getSouth()) : 0;
  };
  const label = (one) => one.getTooltip().getElement();
  const ordered = layer
    .getLayers()
    .sort((a, b) => label(b).classList.contains("keep") - label(a).classList.contains("keep") || size(b) - size(a))
    .map(label);
  map.on("zoomend moveend", () => sift(ordered));
  sift(ordered);
}

async function start(box) {
  const state = box.querySelector("[data-map-state]");
  try {
    const answer = await fetch(box.dataset.src, { headers: { accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    draw(box, await answer.json());
  } catch {
    box.hidden = false;
    box.querySelector(".mb-map__box").hidden = true;
    state.textContent = "地图没有打开，请看下面的名单。";
  }
}

if (globalThis.L) document.querySelectorAll("[data-map]").forEach(start);
