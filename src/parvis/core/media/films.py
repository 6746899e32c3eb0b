"""All forms of one film out of one decode, and a still of it."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from parvis.core.errors import MediaUnfit
from parvis.core.media.broken import garbled
from parvis.core.media.captions import Captions
from parvis.core.media.film_facts import shown_size
from parvis.core.media.film_form import Form, Plan
from parvis.core.media.film_opening import open_film, picture_stream, telling_apart
from parvis.core.media.framing import frame_of
from parvis.core.media.looked import Looked, look
from parvis.core.media.made import ENDINGS, Made
from parvis.core.media.sound import BEST_BITS, film_sound, part_of, render_sound
from parvis.core.media.wanted import Wanted
from parvis.core.wording import Text

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Progress = Callable[[float], None]
FILLED = 0.95
"""Of the bytes that there are; the rest is the container's."""
MOST_PASSES = 4
LOW_SOUND_BITS = 64_000
POOR_BITS = 700_000
"""A second in all: below, the sound gives way too."""
LEAST_BITS_A_POINT = 0.035
"""Below, fewer points look better than worse ones."""
LEAST_BITS = 30_000
LEAST_SIDE = 64
BROKEN_PACKETS = 200
TOO_HEAVY = Text(
    "{seconds} s do not go into {most_kb} kB; choose a shorter part",
    "{seconds} s ne tiennent pas dans {most_kb} ko\u202f; choisissez un extrait plus court",
)
NO_PICTURE = Text("it has no moving picture", "il n’a pas d’image animée")


def render_film(
    path: Path,
    wanted: Sequence[Wanted],
    into: Path,
    *,
    captions: Captions | None = None,
    on_progress: Progress | None = None,
    threads: int = 2,
) -> list[Made]:
    """H.264 and AAC in MP4, in the order of `wanted`; files in the folder `into`, named after each.

    `captions` are burnt in, their times those of the original. `on_progress` is told shares of 1.
    A form that came out too heavy is made once more, more tightly, and it alone. A sound is made
    where one is wanted. A film of high dynamic range comes out pale: PyAV's build has no filter that
    brings it down to the usual range. Raises MediaUnreadable, MediaUnfit.
    """
    looked = look(path)
    made = {one.name: render_sound(path, looked, one, into) for one in wanted if one.kind == "audio"}
    left = [one for one in wanted if one.name not in made]
    if left and looked.kind not in ("video", "gif"):
        raise MediaUnfit(detail=NO_PICTURE)
    with tempfile.TemporaryDirectory(dir=into, prefix=".sound-") as folder:
        sounds = _sounds(path, looked, left, Path(folder))
        plans = {one.name: _plan(looked, one, into, captions=captions, threads=threads) for one in left}
        for number in range(MOST_PASSES):
            if not left:
                break
            share = _Share(on_progress, number)
            _run(path, looked, [(plans[one.name], sounds.get(_part(looked, one))) for one in left], share)
            made.update((one.name, _made(one, plans[one.name])) for one in left)
            left = [one for one in left if _too_heavy(made[one.name], one)]
            plans |= {one.name: _tighter(plans[one.name], looked, made[one.name], one) for one in left}
    if left:
        raise _heavy(left[0], plans[left[0].name])
    if on_progress is not None:
        on_progress(1.0)
    return [made[one.name] for one in wanted]


class _Share:
    """Told whenever a hundredth more is done; a second pass takes its part of what is left."""

    def __init__(self, tell: Progress | None, passed: int) -> None:
        self._tell = tell
        self._from = 1 - 0.1**passed
        self._told = -1

    def __call__(self, share: float) -> None:
        hundredth = int(100 * (self._from + min(1.0, share) * 0.9 * (1 - self._from)))
        if self._tell is not None and hundredth > self._told:
            self._told = hundredth
            self._tell(hundredth / 100)


def _part(looked: Looked, wanted: Wanted) -> tuple[float, float] | None:
    """None: all of it."""
    part = part_of(looked, wanted)
    return None if part == (0.0, looked.duration_s) or part[1] == float("inf") else part


def _sounds(
    path: Path, looked: Looked, wanted: Sequence[Wanted], folder: Path
) -> Mapping[tuple[float, float] | None, Path]:
    """One for each part, in the quality of its tightest form."""
    if not looked.has_sound:
        return {}
    found: dict[tuple[float, float] | None, Path] = {}
    for part in {_part(looked, one) for one in wanted}:
        those = [one for one in wanted if _part(looked, one) == part]
        bits = min(_sound_bits(looked, one) for one in those)
        told = looked if bits >= BEST_BITS else replace(looked, audio_codec=None)  # a copy might not be as light
        sound = folder / f"{len(found)}.m4a"
        if film_sound(path, told, sound, part=part, bits=bits):
            found[part] = sound
    return found


def _all_bits(looked: Looked, wanted: Wanted) -> float | None:
    """A second, of picture and sound; None: as many as it takes."""
    if wanted.most_bytes is None:
        return None
    start_s, end_s = part_of(looked, wanted)
    seconds = end_s - start_s
    if seconds == float("inf"):
        return None
    return wanted.most_bytes * 8 * FILLED / (seconds + 1)


def _sound_bits(looked: Looked, wanted: Wanted) -> int:
    bits = _all_bits(looked, wanted)
    return BEST_BITS if bits is None or bits >= POOR_BITS else LOW_SOUND_BITS


def _plan(looked: Looked, wanted: Wanted, into: Path, *, captions: Captions | None, threads: int) -> Plan:
    assert looked.width is not None
    assert looked.height is not None
    whole = _all_bits(looked, wanted)
    bits = None if whole is None else int(whole - (_sound_bits(looked, wanted) if looked.has_sound else 0))
    plan = Plan(
        path=into / (wanted.name + ENDINGS["video/mp4"]),
        frame=frame_of((looked.width, looked.height), step=2),
        shown=(looked.width, looked.height),
        part=part_of(looked, wanted),
        fps=wanted.most_fps,
        rate=Fraction(looked.fps or 25).limit_denominator(1001),
        bits=bits,
        captions=captions,
        threads=threads,
    )
    return _framed(plan, wanted)


def _framed(plan: Plan, wanted: Wanted) -> Plan:
    """As large as is wanted and as its bits are enough for."""
    most = wanted.most_width, wanted.most_height

    def framed(bounds: tuple[int | None, int | None]) -> Plan:
        frame = frame_of(plan.shown, most=bounds, ratio=wanted.ratio, ratios=wanted.ratios, focus=wanted.focus, step=2)
        return replace(plan, frame=frame)

    found = framed(most)
    if plan.bits is None:
        return found
    if plan.bits < LEAST_BITS:
        raise _heavy(wanted, plan)
    fps = min(float(plan.rate), plan.fps or float(plan.rate))
    points = plan.bits / LEAST_BITS_A_POINT / max(1.0, fps)
    share = (points / (found.frame.out_width * found.frame.out_height)) ** 0.5
    if share >= 1:
        return found
    sides = max(LEAST_SIDE, int(found.frame.out_width * share)), max(LEAST_SIDE, int(found.frame.out_height * share))
    return framed(sides)


def _heavy(wanted: Wanted, plan: Plan) -> MediaUnfit:
    seconds = round(plan.part[1] - plan.part[0], 1)
    return MediaUnfit(detail=TOO_HEAVY.format(seconds=seconds, most_kb=(wanted.most_bytes or 0) // 1000))


def _too_heavy(made: Made, wanted: Wanted) -> bool:
    return wanted.most_bytes is not None and made.size_bytes > wanted.most_bytes


def _tighter(plan: Plan, looked: Looked, made: Made, wanted: Wanted) -> Plan:
    """By as much as it was over, and some more."""
    assert wanted.most_bytes is not None
    seconds = max(1.0, (plan.part[1] if plan.part[1] != float("inf") else looked.duration_s or 1) - plan.part[0])
    took = int(made.size_bytes * 8 / seconds)
    bits = min(plan.bits or took, took) * wanted.most_bytes / made.size_bytes * 0.9
    return _framed(replace(plan, bits=int(bits)), wanted)


def _run(path: Path, looked: Looked, forms: Sequence[tuple[Plan, Path | None]], share: _Share) -> None:
    """One decode; whatever fails, nothing half stays behind."""
    try:
        with telling_apart():
            _write(path, looked, forms, share)
    except BaseException:
        for plan, _ in forms:
            plan.path.unlink(missing_ok=True)
        raise


def _write(path: Path, looked: Looked, forms: Sequence[tuple[Plan, Path | None]], share: _Share) -> None:
    with ExitStack() as open_forms:
        running = []
        for plan, sound in forms:
            running.append(Form(plan, sound=sound))
            open_forms.callback(running[-1].close)
        _decode(path, looked, running, share)
        for form in running:
            form.end()
    if not all(form.frames for form in running):
        raise garbled()


def _decode(path: Path, looked: Looked, forms: Sequence[Form], share: _Share) -> None:
    start_s = min(form.plan.part[0] for form in forms)
    end_s = max(form.plan.part[1] for form in forms)
    until_s = min(end_s, looked.duration_s or end_s)
    with open_film(path, looked.mime) as film:
        stream = picture_stream(film)
        assert stream is not None
        zero_s = (film.start_time or 0) / 1_000_000
        if start_s > 0:
            film.seek(int((start_s + zero_s) * 1_000_000))
        stream.codec_context.thread_count = forms[0].plan.threads
        stream.thread_type = "AUTO"
        for number, frame in enumerate(_frames(film, stream)):
            time_s = frame.time - zero_s if frame.pts is not None else number / float(forms[0].plan.rate)
            if time_s >= end_s:
                return
            for form in forms:
                form.take(frame, time_s)
            share((time_s - start_s) / max(0.001, until_s - start_s))


def _frames(film: "InputContainer", stream: "VideoStream") -> "Iterator[VideoFrame]":
    """Past single packets that are broken, as players do; many of them are a broken film."""
    from av.error import InvalidDataError

    broken = 0
    for packet in film.demux(stream):
        try:
            yield from packet.decode()
        except InvalidDataError:
            broken += 1
            if broken > BROKEN_PACKETS:
                raise


def _made(wanted: Wanted, plan: Plan) -> Made:
    found = look(plan.path)
    return Made(
        name=wanted.name,
        path=plan.path,
        mime="video/mp4",
        size_bytes=found.size_bytes,
        width=found.width,
        height=found.height,
        duration_s=found.duration_s,
    )


def poster(path: Path, into: Path, *, at_s: float) -> Made:
    """The picture shown at `at_s`, or the last before the end, as JPEG, upright.

    `into`: a file, or a folder in which it is called poster.jpg. Raises MediaUnreadable, MediaUnfit.
    """
    looked = look(path)
    if looked.kind not in ("video", "gif"):
        raise MediaUnfit(detail=NO_PICTURE)
    with open_film(path, looked.mime) as film:
        stream = picture_stream(film)
        assert stream is not None
        frame = _frame_at(film, stream, at_s)
        size = shown_size(stream, frame)
        image = frame.to_image()  # type: ignore[no-untyped-call]
    if turn := round(frame.rotation) % 360:
        image = image.rotate(turn, expand=True)
    if image.size != size:
        image = image.resize(size)
    into = into / "poster.jpg" if into.is_dir() else into
    image.convert("RGB").save(into, "JPEG", quality=88, progressive=True)
    return Made(
        name="poster", path=into, mime="image/jpeg", size_bytes=into.stat().st_size, width=size[0], height=size[1]
    )


def _frame_at(film: "InputContainer", stream: "VideoStream", at_s: float) -> "VideoFrame":
    zero_s = (film.start_time or 0) / 1_000_000
    if at_s > 0 and film.duration is not None:
        film.seek(int((min(at_s, film.duration / 1_000_000) + zero_s) * 1_000_000))
    last = None
    for frame in _frames(film, stream):
        if last is not None and frame.pts is not None and frame.time - zero_s > at_s + 1e-6:
            return last
        last = frame
    if last is None:
        raise garbled()
    return last
