// Chosen photos: thumbnails, remove one, count, and shrinking to 1600 px before they travel.
// A box with data-upload sends each at once; whatever has not arrived goes with the form.
import { clear, pause, put, send, take, waiting } from "/static/kernel/js/sending.js";

const LONGEST = 1600;
const PAUSES = [2000, 5000, 15000, 30000];

async function shrink(file) {
  // A picture the browser cannot open goes as it is; the server decides.
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return {};
  const thumb = draw(picture, 208, true);
  const scale = LONGEST / Math.max(picture.width, picture.height);
  if (scale >= 1 && file.size < 400000) return { thumb };
  const canvas = draw(picture, LONGEST, false);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  picture.close();
  if (!blob || blob.size >= file.size) return { thumb };
  const name = file.name.replace(/\.[^.]*$/, "") + ".jpg";
  return { file: new File([blob], name, { type: "image/jpeg" }), thumb };
}

function draw(picture, side, square) {
  const canvas = document.createElement("canvas");
  const { width, height } = picture;
  const scale = Math.min(1, side / (square ? Math.min(width, height) : Math.max(width, height)));
  canvas.width = square ? Math.min(side, Math.round(width * scale)) : Math.round(width * scale);
  canvas.height = square ? Math.min(side, Math.round(height * scale)) : Math.round(height * scale);
  const [w, h] = [width * scale, height * scale];
  canvas.getContext("2d").drawImage(picture, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
  return canvas;
}

function start(box) {
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-photos-list]");
  const add = box.querySelector("[data-photos-add]");
  const state = box.querySelector("[data-photos-state]");
  const mark = (name) => box.querySelector(`[data-photos-${name}]`).content.cloneNode(true);
  const form = box.closest("form");
  const counts = (form ?? document).querySelectorAll("[data-photos-count]");
  const most = Number(box.dataset.max);
  const upload = box.dataset.upload;
  let shots = [];

  const store = () => {
    const bag = new DataTransfer();
    shots.filter((shot) => !shot.key).forEach((shot) => bag.items.add(shot.file));
    input.files = bag.files;
    add.hidden = shots.length >= most;
    counts.forEach((count) => (count.textContent = `${shots.length} / ${most} 张`));
  };

  const remove = (shot) => {
    shots = shots.filter((one) => one !== shot);
    if (shot.id) take(shot.id);
    if (shot.key && upload) sender.withdraw(shot.key);
  };

  const show = (shot, number) => {
    const item = document.createElement("li");
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "drop";
    drop.setAttribute("aria-label", `删掉第 ${number} 张`);
    drop.append(mark("drop"));
    drop.addEventListener("click", () => {
      remove(shot);
      render();
      state.textContent = `删掉了，还有 ${shots.length} 张`;
      input.focus();
    });
    if (shot.thumb) {
      shot.thumb.setAttribute("role", "img");
      shot.thumb.setAttribute("aria-label", `照片 ${number}`);
      item.append(shot.thumb);
    } else {
      item.append(shot.file.name);
    }
    if (upload && !shot.key) item.append(sender.bar(shot, number));
    item.append(drop);
    return item;
  };

  const render = () => {
    list.querySelectorAll("li:not(.add)").forEach((item) => item.remove());
    add.before(...shots.map((shot, i) => show(shot, i + 1)));
    store();
  };

  const choose = async (files) => {
    const chosen = files.filter((file) => file.type.startsWith("image/") || !file.type);
    const room = most - shots.length;
    const fresh = chosen.slice(0, room).map((file) => ({ file, thumb: null }));
    shots.push(...fresh);
    store(); // sent as they are, should the form leave before they are smaller
    await Promise.all(fresh.map(async (shot) => Object.assign(shot, await shrink(shot.file))));
    render();
    const left = chosen.length > room ? `，多出的 ${chosen.length - room} 张没有加` : "";
    state.textContent = `已选 ${shots.length} 张${left}`;
    return fresh;
  };

  const sender = upload && line({ form, upload, state, mark, render, shots: () => shots, remove });
  input.addEventListener("change", async () => {
    const fresh = await choose([...input.files]);
    if (sender) await sender.go(fresh);
  });
  box.querySelectorAll("[data-photos-kept] li").forEach((item) => {
    shots.push({ key: item.dataset.key, thumb: item.querySelector("img") });
  });
  box.querySelector("[data-photos-kept]")?.remove();
  input.className = "";
  input.hidden = false;
  add.append(input);
  add.hidden = false;
  box.querySelectorAll("[data-photos-label]").forEach((label) => label.classList.add("sr"));
  render();
  sender?.resume(choose);
}

// Sends what waits, one after the other, and again when the line is back.
function line({ form, upload, state, mark, render, shots, remove }) {
  const place = form.getAttribute("action");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const again = document.createElement("button");
  let [busy, wake] = [false, null];
  again.type = "button";
  again.className = "mb-link";
  again.hidden = true;
  again.append(mark("again"), "马上再试");
  again.addEventListener("click", () => wake?.());
  state.after(again);

  const tell = (words) => {
    const left = shots().filter((shot) => !shot.key).length;
    const sent = shots().length - left;
    state.textContent = words ?? (left ? `已传 ${sent} 张，还有 ${left} 张在传` : sent ? `${sent} 张都传好了` : "");
  };

  const settle = (shot, key) => {
    if (shot.id) take(shot.id);
    const twin = shots().some((one) => one !== shot && one.key === key);
    shot.key = key;
    form.querySelectorAll(`[name=drop][value="${key}"]`).forEach((mark) => mark.remove());
    if (twin) {
      delete shot.key;
      delete shot.id;
      remove(shot);
    }
  };

  const one = async (shot) => {
    try {
      const answer = await send(upload, token, shot.file, (share) => shot.bar && (shot.bar.value = share));
      settle(shot, answer.name);
      tell();
    } catch ({ sentence }) {
      if (!sentence) return false;
      remove(shot);
      tell(`“${shot.file.name}”没有收下：${sentence}`);
    }
    render();
    return true;
  };

  const pump = async () => {
    if (busy) return;
    busy = true;
    for (let lost = 0; ; ) {
      const next = shots().find((shot) => shot.ready && !shot.key);
      if (!next) break;
      if (await one(next)) {
        lost = 0;
        continue;
      }
      tell(`网断了，还有 ${shots().filter((shot) => !shot.key).length} 张没传，连上就接着传；先往下填也行`);
      again.hidden = false;
      await pause(PAUSES[Math.min(lost++, PAUSES.length - 1)], (go) => (wake = go));
      again.hidden = true;
    }
    busy = false;
  };

  return {
    bar: (shot, number) => {
      shot.bar ??= document.createElement("progress");
      shot.bar.setAttribute("aria-label", `照片 ${number} 在传`);
      return shot.bar;
    },
    go: async (fresh) => {
      for (const shot of fresh) {
        shot.id ??= await put(place, shot.file);
        shot.ready = true;
      }
      await pump();
    },
    withdraw: (key) => {
      // Should this not arrive, the form says it once more.
      const gone = document.createElement("input");
      [gone.type, gone.name, gone.value] = ["hidden", "drop", key];
      form.append(gone);
      fetch(`${upload}/${key}/drop`, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
    },
    resume: async (choose) => {
      const kept = await waiting(place);
      if (!kept.length) return;
      const fresh = await choose(kept.map((one) => one.file));
      fresh.forEach((shot, i) => (shot.id = kept[i].id));
      tell(`上次有 ${fresh.length} 张没传完，接着传`);
      fresh.forEach((shot) => (shot.ready = true));
      await pump();
    },
  };
}

async function begin() {
  // The server has what such a page names: nothing of it waits any more.
  const arrived = [...document.querySelectorAll("[data-photos-done]")];
  await Promise.all(arrived.map((done) => clear(done.dataset.photosDone)));
  document.querySelectorAll("[data-photos]").forEach(start);
}

if ("createImageBitmap" in globalThis && "DataTransfer" in globalThis) begin();
