// Opens sealed parcels in the browser of the discipline office. The passphrase and the private key
// never leave this page; they are forgotten on lock, on leaving, and after ten idle minutes.
import { argon2idAsync } from "/static/vendor/noble-hashes/argon2.js";

const PURPOSE = new TextEncoder().encode("mingbai clue v1");
const IDLE = 10 * 60 * 1000;
const PKCS8 = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32]);

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
const join = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));

async function stretch(passphrase, wrapped) {
  const raw = await argon2idAsync(passphrase, bytes(wrapped.salt), { t: wrapped.t, m: wrapped.m, p: wrapped.p, dkLen: 32 });
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function importPrivate(raw) {
  return crypto.subtle.importKey("pkcs8", join(PKCS8, raw), { name: "X25519" }, true, ["deriveBits"]);
}

async function publicOf(key) {
  const jwk = await crypto.subtle.exportKey("jwk", key);
  return bytes(jwk.x.replace(/-/g, "+").replace(/_/g, "/"));
}

async function open(parcel, key, own) {
  const ephemeral = bytes(parcel.ephemeral);
  const peer = await crypto.subtle.importKey("raw", ephemeral, { name: "X25519" }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: peer }, key, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const aes = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: join(ephemeral, own), info: PURPOSE },
    base, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const about = new TextEncoder().encode(`${parcel.county}:${parcel.id}`);
  const padded = new Uint8Array(await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: bytes(parcel.nonce), additionalData: about }, aes, bytes(parcel.parcel)));
  const length = new DataView(padded.buffer).getUint32(0);
  return JSON.parse(new TextDecoder().decode(padded.subarray(4, 4 + length)));
}

function line(content, parcel) {
  const item = document.createElement("li");
  const head = document.createElement("p");
  head.className = "meta";
  const said = new Date(content.said_at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "short" });
  const source = { chat: "村群", web: "网页" }[content.source] || content.source;
  head.textContent = `${said} · ${source} · ${content.place || content.region} · 收到 ${parcel.day}${content.author ? ` · ${content.author}` : ""}`;
  const body = document.createElement("p");
  body.className = "st-clue-text";
  body.textContent = content.text;
  item.append(head, body);
  content.attachments.forEach(({ mime, data }, n) => {
    const photo = document.createElement("img");
    photo.src = `data:${mime};base64,${data}`;
    photo.alt = `照片 ${n + 1}`;
    item.append(photo);
  });
  return item;
}

function shutItem(parcel) {
  const item = document.createElement("li");
  item.textContent = `收到 ${parcel.day} 的一件打不开，可能是用旧密钥封的。`;
  return item;
}

function dropBox(box) {
  const form = box.querySelector("[data-unlock]");
  const status = box.querySelector("[data-status]");
  const list = box.querySelector("[data-list]");
  const more = box.querySelector("[data-more]");
  const empty = box.querySelector("[data-empty]");
  const lock = document.querySelector("[data-lock]");
  const field = form.querySelector("input");
  let key = null;
  let own = null;
  let next = "";
  let timer = 0;

  const shut = () => {
    key = own = null;
    clearTimeout(timer);
    list.replaceChildren();
    list.hidden = more.hidden = empty.hidden = lock.hidden = true;
    form.hidden = false;
    field.value = "";
    status.textContent = "已锁上。";
  };
  const touch = () => { clearTimeout(timer); if (key) timer = setTimeout(shut, IDLE); };

  async function load() {
    const answer = await fetch(`${box.dataset.src}?after=${encodeURIComponent(next)}`, { cache: "no-store" });
    if (!answer.ok) throw new Error("fetch");
    const page = await answer.json();
    // The server knows only the day; the order within it comes from what was sealed.
    const opened = [];
    for (const parcel of page.parcels) {
      try {
        opened.push({ parcel, content: await open(parcel, key, own) });
      } catch {
        opened.push({ parcel, content: null });
      }
    }
    const said = ({ content }) => (content ? Date.parse(content.said_at) : 0);
    opened.sort((a, b) => b.parcel.day.localeCompare(a.parcel.day) || said(b) - said(a));
    list.append(...opened.map(({ parcel, content }) => (content ? line(content, parcel) : shutItem(parcel))));
    next = page.next;
    more.hidden = !next;
    list.hidden = list.childElementCount === 0;
    empty.hidden = list.childElementCount > 0;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "正在打开，请稍候。";
    const wrapped = JSON.parse(box.dataset.wrapped);
    let raw;
    try {
      const aes = await stretch(field.value, wrapped);
      raw = new Uint8Array(await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: bytes(wrapped.nonce), additionalData: PURPOSE }, aes, bytes(wrapped.key)));
    } catch {
      status.textContent = "口令不对，请再试一次。";
      field.select();
      return;
    }
    field.value = "";
    key = await importPrivate(raw);
    raw.fill(0);
    own = await publicOf(key);
    next = "";
    list.replaceChildren();
    try {
      await load();
    } catch {
      status.textContent = "没有取到内容，请检查网络后再试。";
      return;
    }
    form.hidden = true;
    lock.hidden = false;
    lock.focus();
    touch();
  });
  more.querySelector("button").addEventListener("click", () => load().catch(() => { status.textContent = "没有取到内容，请再试。"; }));
  lock.addEventListener("click", shut);
  addEventListener("keydown", touch);
  addEventListener("pointerdown", touch);
  addEventListener("pagehide", shut);
}

function makeKey(form) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.public.value) return;
    event.preventDefault();
    const status = form.querySelector("[data-status]");
    const [first, second] = [form.querySelector("#first"), form.querySelector("#second")];
    if ([...first.value].length < 12) { status.textContent = "口令至少 12 个字。"; first.focus(); return; }
    if (first.value !== second.value) { status.textContent = "两次写的不一样，请重写。"; second.select(); return; }
    status.textContent = "正在生成，请稍候。";
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).slice(-32);
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const wrapped = { kdf: "argon2id", m: 64 * 1024, t: 3, p: 1, salt: text(salt), nonce: text(nonce) };
    const aes = await stretch(first.value, wrapped);
    wrapped.key = text(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: PURPOSE }, aes, raw));
    raw.fill(0);
    form.elements.public.value = text(await crypto.subtle.exportKey("raw", pair.publicKey));
    form.elements.wrapped.value = JSON.stringify(wrapped);
    first.value = second.value = "";
    first.required = second.required = false;
    form.submit();
  });
}

async function supported() {
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

if (await supported()) {
  document.querySelectorAll("[data-drop-box]").forEach(dropBox);
  document.querySelectorAll("[data-make-key]").forEach(makeKey);
} else {
  document.querySelector("[data-unsupported]").hidden = false;
}
