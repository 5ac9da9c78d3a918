// 朗读: reads the page's text aloud, sentence by sentence, with the phone's own voice.
const button = document.querySelector("[data-read]");
const main = document.getElementById("main");
const voice = globalThis.speechSynthesis;
let waiting = [];
let reading = false;

function sentences() {
  // innerText leaves out what is not shown; engines stop in the middle of long texts, so cut short.
  return main.innerText
    .replace(/([。？；])/g, "$1\n")
    .split(/\n+/)
    .flatMap((line) => line.trim().match(/.{1,120}/gu) ?? [])
    .filter((line) => /[\p{L}\p{N}]/u.test(line));
}

function label(text, pressed) {
  button.querySelector("span").textContent = text;
  button.setAttribute("aria-pressed", pressed);
}

function stop() {
  reading = false;
  waiting = [];
  voice.cancel();
  label("朗读", false);
}

function next() {
  const line = waiting.shift();
  if (!reading || line === undefined) return stop();
  const words = new SpeechSynthesisUtterance(line);
  words.lang = "zh-CN";
  words.rate = 0.9;
  const chinese = voice.getVoices().find((one) => /^(zh|cmn)/i.test(one.lang));
  if (chinese) words.voice = chinese;
  words.onend = next;
  words.onerror = () => reading && stop();
  voice.speak(words);
}

// Without a Chinese voice only digits would be heard: then the button stays away.
function offer() {
  const voices = voice.getVoices();
  button.hidden = voices.length > 0 && !voices.some((one) => /^(zh|cmn)/i.test(one.lang));
}

if (button && main && voice && "SpeechSynthesisUtterance" in globalThis) {
  offer();
  voice.addEventListener?.("voiceschanged", offer);
  button.addEventListener("click", () => {
    if (reading) return stop();
    voice.cancel();
    reading = true;
    waiting = sentences();
    label("停", true);
    next();
  });
  addEventListener("pagehide", stop);
}
