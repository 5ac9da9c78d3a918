// 按住说话: records a voice message into the file field. Hold to talk, or tap to start and tap to stop.
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/webm", "audio/ogg"];
const ENDING = { "audio/mp4": "m4a", "audio/webm": "webm", "audio/ogg": "ogg" };
const HOLD = 350; // milliseconds: shorter is a tap
const SHORTEST = 700;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function start(box) {
  const find = (name) => box.querySelector(`[data-recorder-${name}]`);
  const input = box.querySelector("input[type=file]");
  const [talk, done, length, state] = ["talk", "done", "length", "state"].map(find);
  const word = talk.querySelector("span");
  const most = Number(box.dataset.seconds);
  const sound = new Audio();
  let recorder = null;
  let pressed = 0;
  let ticker = 0;
  let started = 0;

  const fallBack = (why) => {
    state.textContent = why;
    talk.hidden = true;
    input.hidden = false;
    find("label").hidden = false;
  };

  const rest = () => {
    clearInterval(ticker);
    delete talk.dataset.on;
    talk.removeAttribute("aria-pressed");
    word.textContent = "按住说话";
  };

  const keep = (chunks, kind) => {
    const bare = kind.split(";")[0];
    const file = new File(chunks, `voice.${ENDING[bare] ?? "webm"}`, { type: bare });
    const lasted = performance.now() - started;
    if (lasted < SHORTEST) {
      state.textContent = "太短了，没有录上";
      return;
    }
    const bag = new DataTransfer();
    bag.items.add(file);
    input.files = bag.files;
    sound.src = URL.createObjectURL(file);
    length.textContent = `录音 ${clock(Math.round(lasted / 1000))}`;
    state.textContent = "录好了，交的时候一起交";
    talk.hidden = true;
    done.hidden = false;
    find("play").focus();
  };

  const tick = () => {
    const seconds = Math.floor((performance.now() - started) / 1000);
    word.textContent = `${pressed ? "松开" : "再点一下"}停止 ${clock(seconds)}`;
    if (seconds >= most) end();
  };

  const begin = async () => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      rest();
      fallBack("没有用话筒的权限，可以选一段录好的音。");
      return;
    }
    if (!talk.dataset.on) {
      stream.getTracks().forEach((track) => track.stop());
      rest();
      state.textContent = "话筒打开了，请再按住说一次。";
      return;
    }
    const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 32000 });
    const chunks = [];
    recorder.ondataavailable = (event) => chunks.push(event.data);
    recorder.onstop = () => {
      const type = recorder.mimeType || kind;
      recorder = null;
      stream.getTracks().forEach((track) => track.stop());
      rest();
      keep(chunks, type);
    };
    recorder.start();
    started = performance.now();
    tick();
    ticker = setInterval(tick, 250);
  };

  const end = () => {
    delete talk.dataset.on;
    if (recorder?.state === "recording") recorder.stop();
  };

  const press = () => {
    if (talk.dataset.on) return end();
    talk.dataset.on = "1";
    talk.setAttribute("aria-pressed", "true");
    state.textContent = "";
    pressed = performance.now();
    begin();
  };

  const letGo = () => {
    if (!pressed) return;
    const held = performance.now() - pressed > HOLD;
    pressed = 0;
    if (held) end();
  };

  talk.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    talk.setPointerCapture(event.pointerId);
    press();
  });
  talk.addEventListener("pointerup", letGo);
  talk.addEventListener("pointercancel", letGo);
  talk.addEventListener("contextmenu", (event) => event.preventDefault());
  talk.addEventListener("keydown", (event) => {
    if (event.repeat || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    press();
    pressed = 0; // with keys: press to start, press again to stop
  });
  find("play").addEventListener("click", () => {
    sound.currentTime = 0;
    sound.play();
  });
  find("drop").addEventListener("click", () => {
    sound.pause();
    URL.revokeObjectURL(sound.src);
    input.value = "";
    done.hidden = true;
    talk.hidden = false;
    state.textContent = "";
    talk.focus();
  });

  input.hidden = true;
  find("label").hidden = true;
  talk.hidden = false;
}

if (navigator.mediaDevices?.getUserMedia && "MediaRecorder" in globalThis && "DataTransfer" in globalThis) {
  document.querySelectorAll("[data-recorder]").forEach(start);
}
