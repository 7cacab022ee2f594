"""What the page promises of its moves, tried on a model through the page's own document.

python -m tests.benchmarks.promises [--model FOLDER] [--moves 300] [--recipes 500] [--locks 60]

moves: one wish of one character. Silent: the picture's bytes stayed, or the wish was missed, without a reason given.
    Reach: a value within the interval that the page draws under the slider must be reached, one beyond it must not.
recipes: one to eight wishes set in any order, saved as PNG, opened in another document: the same bytes or not.
locks: the same move with and without two locks: how far these two drift, by the sub-models that the solver listens
    to and by the measurer, which reads a drift of over a hundredth even where nothing but the wish was drawn anew.
Times are wall time of one picture with its solve, and of the picture while dragging.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from tqdm import trange

import anime_gen
from anime_gen.attributes import Attribute
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import SHIPPED
from anime_gen.latent.outcome import AS_ASKED, drifts, shortfall
from anime_gen.latent.protocols import Reader
from anime_gen.library import Model
from anime_gen.serving.rendering import Renderer, Value
from anime_gen.studio import Editor, Recipe


class Document:
    """Editors over one renderer, and wishes that a hand could make."""

    def __init__(self, model: Model, seed: int) -> None:
        self.renderer, self.another = Renderer(model.bundle), Renderer(model.bundle)
        self.vocabulary = model.attributes
        self.chance = np.random.default_rng(seed)

    def editor(self) -> Editor:
        """Any character."""
        return Editor(self.renderer, Recipe(seed=int(self.chance.integers(10**6))))

    def wish(self, attribute: Attribute) -> Value:
        """Any value that the attribute's control can be set to."""
        if attribute.kind == "categorical":
            return str(self.chance.choice(attribute.classes))
        if attribute.kind == "binary":
            return float(self.chance.integers(2))
        return round(float(self.chance.uniform(attribute.low, attribute.high)), 3)

    def free(self, editor: Editor) -> list[str]:
        """What can be moved: rows that need another one that is off are greyed out on the page."""
        measured = editor.picture.measured
        return [n for n in self.vocabulary if (c := editor.carrier(n)) is None or float(measured[c.name]) > 0.5]


def moves(document: Document, count: int) -> Iterator[tuple[str, object]]:
    """Single wishes: what is silent, what is reached, whether the drawn reach is true."""
    silent, as_asked, unchanged = 0, 0, 0
    inside, outside = [], []
    solve_ms, glance_ms = [], []
    for _ in trange(count, desc="moves"):
        editor = document.editor()
        before = editor.picture
        name = str(document.chance.choice(document.free(editor)))
        attribute, wish = document.vocabulary[name], document.wish(document.vocabulary[name])
        _, taken = timed(lambda name=name, wish=wish, editor=editor: editor.glance(name, wish))
        glance_ms.append(taken)
        editor.set_target(name, wish)
        after, taken = timed(lambda editor=editor: editor.picture)
        solve_ms.append(taken)
        short = shortfall(attribute, wish, after.measured[name])
        same, reason = np.array_equal(before.pixels, after.pixels), after.outcomes[name].reason
        met_before = shortfall(attribute, wish, before.measured[name]) <= AS_ASKED
        unchanged += same and not met_before
        silent += not reason and (short > AS_ASKED or (same and not met_before))
        as_asked += short <= AS_ASKED
        if name in before.reach:
            low, high = before.reach[name]
            edge = AS_ASKED * attribute.span
            if low <= float(wish) <= high:
                inside.append(short <= AS_ASKED)
            elif not low - edge <= float(wish) <= high + edge:
                outside.append(short > AS_ASKED)
    yield "moves", count
    yield "as asked by the sub-models", as_asked / count
    yield "picture unchanged though not yet as asked", unchanged
    yield "silent", silent
    yield "reach: values inside that are reached", f"{np.mean(inside):.3f} of {len(inside)}"
    yield "reach: values beyond that are not", f"{np.mean(outside):.3f} of {len(outside)}" if outside else "none tried"
    yield "reach true", float(np.mean(inside + outside))
    yield "solve and picture, ms: median, p95", np.percentile(solve_ms, [50, 95]).round()
    yield "picture while dragging, ms: median, p95", np.percentile(glance_ms, [50, 95]).round()


def recipes(document: Document, count: int) -> Iterator[tuple[str, object]]:
    """Saved and opened again: the same picture, byte for byte."""
    same = 0
    for _ in trange(count, desc="recipes"):
        editor = document.editor()
        for name in document.chance.permutation(list(document.vocabulary))[: document.chance.integers(1, 9)]:
            editor.set_target(str(name), document.wish(document.vocabulary[str(name)]))
        png = editor.png()
        other = Editor(document.another)
        other.open_file(png)
        same += other.png() == png
    yield "recipes that give the same bytes", f"{same} of {count}"


def locks(document: Document, count: int, measurer: Measurer) -> Iterator[tuple[str, object]]:
    """The same moves free and with two locks; mean drift of those two, as a share of their range."""
    readers: dict[str, Reader] = {"sub-models": document.renderer.bundle.tagger, "measurer": measurer}
    drifted: dict[tuple[str, bool], list[float]] = {(who, locked): [] for who in readers for locked in (False, True)}
    lockable = {n for n, a in document.vocabulary.items() if n in measurer.vocabulary and a.kind == "continuous"}
    for _ in trange(count, desc="locks"):
        editor = document.editor()
        candidates = [n for n in document.free(editor) if n in lockable]
        name, *others = (str(n) for n in document.chance.permutation(candidates)[:3])
        start = editor.picture.pixels
        wish = document.wish(document.vocabulary[name])
        for locked in (False, True):
            editor.reset()
            for other in others if locked else ():
                editor.set_lock(other, True)
            editor.set_target(name, wish)
            for who, reader in readers.items():
                moved = drifts(reader.vocabulary, reader.columns, *read(reader, start, editor.picture.pixels))
                drifted[who, locked] += [moved[other] for other in others]
    for who in readers:
        free, held = (float(np.mean(drifted[who, locked])) for locked in (False, True))
        yield f"drift by the {who}: free, locked, their ratio", f"{free:.4f}, {held:.4f}, {held / free:.2f}"


def read(reader: Reader, *pictures: np.ndarray) -> torch.Tensor:
    """Read-outs [n, c] of n pictures."""
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    with torch.inference_mode():
        return reader.readout(images).clone()


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """Its result, and the milliseconds it took."""
    start = time.perf_counter()
    return work(), 1000 * (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="shipped", help="a bundle's folder")
    parser.add_argument("--moves", type=int, default=300)
    parser.add_argument("--recipes", type=int, default=500)
    parser.add_argument("--locks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    wish = parser.parse_args()
    document = Document(anime_gen.open_model(wish.model), wish.seed)
    parts = [(moves, wish.moves), (recipes, wish.recipes)]
    for part, count in parts:
        for label, figure in part(document, count) if count else ():
            print(f"{label:48} {figure}", flush=True)
    for label, figure in locks(document, wish.locks, Measurer.load(SHIPPED)) if wish.locks else ():
        print(f"{label:48} {figure}", flush=True)


if __name__ == "__main__":
    main()
