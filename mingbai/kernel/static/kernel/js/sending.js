// Photos on their way: sent one by one, kept on this phone until they have arrived, for a week at most.
const WEEK = 7 * 86400000;
const STALLED = 40000;
const SHELF = "waiting";

// Sends one file. Resolves with the server's answer; rejects with { sentence } when the server does not
// want it, with {} when the line broke, the server was away or nothing moved for a while.
export function send(address, token, file, onShare) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const form = new FormData();
    form.append("photo", file, file.name);
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => call.abort(), STALLED);
    };
    call.open("POST", address);
    call.responseType = "json";
    call.setRequestHeader("X-CSRFToken", token);
    call.upload.addEventListener("progress", (event) => {
      alive();
      if (event.lengthComputable) onShare(event.loaded / event.total);
    });
    call.addEventListener("loadend", () => {
      clearTimeout(timer);
      if (call.status === 200 && call.response?.name) resolve(call.response);
      else if (call.status === 413) reject({ sentence: "照片太大，请换小一点的。" });
      else if (call.status >= 400 && call.status < 500) {
        reject({ sentence: call.response?.wrong ?? "没有收下，请刷新页面再试。" });
      } else reject({});
    });
    alive();
    call.send(form);
  });
}

// Waits so many milliseconds, or until the line is back, or until `now` is called.
export function pause(most, wake) {
  return new Promise((done) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      done();
    };
    const timer = setTimeout(go, most);
    addEventListener("online", go);
    wake(go);
  });
}

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("photos", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(SHELF, { autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

// Storage may be switched off or full: photos are then only sent, not kept.
async function work(mode, act) {
  try {
    const base = await open();
    const found = await new Promise((resolve, reject) => {
      const turn = base.transaction(SHELF, mode);
      const result = act(turn.objectStore(SHELF));
      turn.oncomplete = () => resolve(result?.result ?? result);
      turn.onabort = () => reject(turn.error);
    });
    base.close();
    return found;
  } catch {
    return null;
  }
}

function each(shelf, act) {
  const found = [];
  shelf.openCursor().onsuccess = (event) => {
    const at = event.target.result;
    if (!at) return;
    act(at, found);
    at.continue();
  };
  return found;
}

export const put = (place, file) => work("readwrite", (shelf) => shelf.add({ place, file, at: Date.now() }));
export const take = (id) => work("readwrite", (shelf) => void shelf.delete(id));
export const clear = (place) =>
  work("readwrite", (shelf) => void each(shelf, (at) => at.value.place === place && at.delete()));

// Returns what waits for a place as [{ id, file }], and throws away what is too old.
export async function waiting(place) {
  const found = await work("readwrite", (shelf) =>
    each(shelf, (at, kept) => {
      if (Date.now() - at.value.at > WEEK) at.delete();
      else if (at.value.place === place) kept.push({ id: at.primaryKey, file: at.value.file });
    }),
  );
  return found ?? [];
}
