// Chosen photos: thumbnails, remove one, count, and shrinking to 1600 px before they travel.
const LONGEST = 1600;

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
  const cross = box.querySelector("[data-photos-drop]").content;
  const counts = (box.closest("form") ?? document).querySelectorAll("[data-photos-count]");
  const most = Number(box.dataset.max);
  let shots = [];

  const store = () => {
    const bag = new DataTransfer();
    shots.forEach((shot) => bag.items.add(shot.file));
    input.files = bag.files;
    add.hidden = shots.length >= most;
    counts.forEach((count) => (count.textContent = `${shots.length} / ${most} 张`));
  };

  const show = (shot, number) => {
    const item = document.createElement("li");
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "drop";
    drop.setAttribute("aria-label", `删掉第 ${number} 张`);
    drop.append(cross.cloneNode(true));
    drop.addEventListener("click", () => {
      shots = shots.filter((one) => one !== shot);
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
    item.append(drop);
    return item;
  };

  const render = () => {
    list.querySelectorAll("li:not(.add)").forEach((item) => item.remove());
    add.before(...shots.map((shot, i) => show(shot, i + 1)));
    store();
  };

  input.addEventListener("change", async () => {
    const chosen = [...input.files].filter((file) => file.type.startsWith("image/") || !file.type);
    const room = most - shots.length;
    const fresh = chosen.slice(0, room).map((file) => ({ file, thumb: null }));
    shots.push(...fresh);
    store(); // sent as they are, should the form leave before they are smaller
    await Promise.all(fresh.map(async (shot) => Object.assign(shot, await shrink(shot.file))));
    render();
    const left = chosen.length > room ? `，多出的 ${chosen.length - room} 张没有加` : "";
    state.textContent = `已选 ${shots.length} 张${left}`;
  });

  input.className = "";
  add.append(input);
  add.hidden = false;
  box.querySelector("[data-photos-label]").classList.add("sr");
  store();
}

if ("createImageBitmap" in globalThis && "DataTransfer" in globalThis) {
  document.querySelectorAll("[data-photos]").forEach(start);
}
