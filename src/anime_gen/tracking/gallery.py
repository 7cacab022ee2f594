"""All pictures of a run on one page that opens in MLflow: sliders through training, no server needed."""

import base64
import html
import io
import json
from string import Template

import numpy as np
from PIL import Image

MOST_FRAMES = 48
"""Pictures kept of one key; beyond it every second one is dropped, first and last stay."""

ANIMATION_PX = 384
SAMPLES = "samples"

WORDS = {
    SAMPLES: ("While it trained", "The same characters at every step; the number is images seen."),
    "evaluate/samples": ("Finished: unfiltered samples", "Characters 0, 1, 2 ... as they come."),
    "evaluate/sweeps": ("Attribute strips", "One attribute moved from end to end, all others held."),
    "evaluate/spread": ("Spread", "How widely each attribute varies, as a share of the data's: 1 is what we want."),
    "directions/leakage": ("Leakage", "How much other attributes move when one is moved; lower is better."),
    "evaluate/nearest": ("Nearest training faces", "Samples closest to a training face, above it: is anything copied?"),
    "evaluate/truncation": ("Truncation", "Fidelity against diversity over psi."),
    "evaluate/held_out": ("Real faces it never saw", "To compare the samples with."),
}
"""Title and explanation of a key, in the order of the page; keys not named follow."""


class Gallery:
    """The pictures of one run by key and step, encoded when they come so that a long run stays small."""

    def __init__(self) -> None:
        self._frames: dict[str, dict[int, bytes]] = {}

    def add(self, key: str, image: np.ndarray, step: int) -> None:
        """Keep a uint8 picture [height, width, 3] of a step."""
        frames = self._frames.setdefault(key, {})
        frames[step] = _encoded(Image.fromarray(image))
        if len(frames) > MOST_FRAMES:
            for dropped in list(frames)[1:-1:2]:
                del frames[dropped]

    @property
    def keys(self) -> list[str]:
        """What there is, in the order of the page."""
        order = list(WORDS)
        return sorted(self._frames, key=lambda key: order.index(key) if key in WORDS else len(order))

    def animation(self) -> bytes | None:
        """The fixed characters while they were learned, as an animated WebP; None when there is nothing to animate."""
        frames = [Image.open(io.BytesIO(data)).convert("RGB") for data in self._frames.get(SAMPLES, {}).values()]
        if len(frames) < 2:
            return None
        small = [frame.resize((ANIMATION_PX, ANIMATION_PX)) for frame in frames]
        file = io.BytesIO()
        durations = [*[400] * (len(small) - 1), 2000]
        small[0].save(file, "WEBP", save_all=True, append_images=small[1:], duration=durations, loop=0, quality=80)
        return file.getvalue()

    def page(self, title: str) -> str:
        """The page as one HTML text."""
        return PAGE.substitute(title=html.escape(title), sections="\n".join(map(self._section, self.keys)))

    def _section(self, key: str) -> str:
        frames = self._frames[key]
        data = {str(step): base64.b64encode(picture).decode("ascii") for step, picture in frames.items()}
        title, words = words_of(key)
        return SECTION.substitute(
            title=html.escape(title),
            words=html.escape(words),
            hidden="" if len(frames) > 1 else "hidden",
            last=len(frames) - 1,
            frames=json.dumps(data),
        )


def words_of(key: str) -> tuple[str, str]:
    """Title and explanation of a key: `tagging/hair/reliability` is "Tagging: hair, reliability"."""
    if key in WORDS:
        return WORDS[key]
    first, *rest = key.replace("_", " ").split("/")
    return (f"{first.capitalize()}: {', '.join(rest)}" if rest else first.capitalize()), ""


def _encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=88, method=2)
    return file.getvalue()


SECTION = Template("""<section><h2>$title</h2><p>$words</p>
<p $hidden><button>Play</button> <input type="range" min="0" max="$last" value="$last" aria-label="$title: step">
<output></output></p>
<img alt="$title"><script type="application/json">$frames</script></section>""")

PAGE = Template("""<!doctype html><meta charset="utf-8"><title>$title</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 12px; color: #222 }
h1 { font-size: 18px } h2 { font-size: 15px; margin: 24px 0 4px } p { margin: 4px 0; color: #555 }
img { max-width: 100% } input { width: 50%; vertical-align: middle }
</style>
<h1>$title</h1>
$sections
<script>
for (const section of document.querySelectorAll("section")) {
  const frames = Object.entries(JSON.parse(section.querySelector("script").textContent));
  const slider = section.querySelector("input"), picture = section.querySelector("img");
  const show = () => {
    const [step, data] = frames[slider.value];
    picture.src = "data:image/webp;base64," + data;
    section.querySelector("output").textContent = Number(step).toLocaleString("en") + " images seen";
  };
  let timer = null;
  section.querySelector("button").onclick = () => {
    clearInterval(timer);
    slider.value = 0; show();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1; show();
      if (slider.value === slider.max) clearInterval(timer);
    }, 400);
  };
  slider.oninput = () => { clearInterval(timer); show(); };
  show();
}
</script>
""")
