"""Subtitles read, changed and written."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.errors import CaptionsFaulty
from parvis.core.media.captions import Captions, Cue, as_srt, as_vtt, read_captions

SRT = "1\n00:00:01,000 --> 00:00:02,500\nBonjour à <i>toutes</i>\net à tous\n\n2\n00:00:02,000 --> 00:00:04,000\nÇa va ?\n"
VTT = (
    "WEBVTT - a title\nKind: captions\n\nNOTE\nnot shown --> 1\n\nSTYLE\n::cue { color: red }\n\n"
    "intro\n00:01.000 --> 00:02.500 align:start position:10%\n<v Anna>Bonjour &amp; <c.big>merci</c>\n\n"
    "01:00:02.000 --> 01:00:04.000\n2 &lt; 3\n"
)


def fault(text: str | bytes) -> CaptionsFaulty:
    with pytest.raises(CaptionsFaulty) as found:
        read_captions(text if isinstance(text, bytes) else text.encode(), "film.srt")
    return found.value


def test_srt_is_read():
    assert read_captions(SRT.encode(), "film.srt").cues == (
        Cue(1.0, 2.5, "Bonjour à toutes\net à tous"),
        Cue(2.0, 4.0, "Ça va ?"),
    )


def test_vtt_is_read_without_what_decorates():
    assert read_captions(VTT.encode(), "film.vtt").cues == (
        Cue(1.0, 2.5, "Bonjour & merci"),
        Cue(3_602.0, 3_604.0, "2 < 3"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_and_line_end_is_read(encoding, newline):
    assert read_captions(SRT.replace("\n", newline).encode(encoding)) == read_captions(SRT.encode())


def test_name_decides_nothing():
    assert read_captions(VTT.encode(), "film.srt") == read_captions(VTT.encode(), "film.vtt")


def test_ass_is_read():
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
        "MarginV, Effect, Text\nDialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\b1}Bonjour{\\b0}\\Nà tous\n"
        "Comment: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,not shown\n"
    )
    assert read_captions(ass.encode()).cues == (Cue(1.0, 2.5, "Bonjour\nà tous"),)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:00:04,000 --> 00:00:03,000\nB\n", 6, "ends before"),
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:00:61,000 --> 00:01:03,000\nB\n", 6, "no such time"),
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:00:xx,000 --> 00:01:03,000\nB\n", 6, "times are expected"),
        ("hello\n1\n00:00:01,000 --> 00:00:02,000\nA\n", 1, "times are expected"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nA\n\nonly words\nand more\n", 7, "times are expected"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nA\n", 4, "times are expected"),
        ("only words", 1, "neither SRT nor WebVTT"),
        ("", 1, "neither SRT nor WebVTT"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nA\0B\n", 3, "no text"),
    ],
)
def test_fault_names_its_line(text, line, word):
    found = fault(text)
    assert found.line == line
    assert word in found.text.en
    assert str(line) in found.text.fr


def test_empty_cues_fall_away_and_overlapping_ones_stay_in_order():
    text = (
        "1\n00:00:05,000 --> 00:00:06,000\nlate\n\n2\n00:00:01,000 --> 00:00:09,000\nlong\n\n"
        "3\n00:00:02,000 --> 00:00:03,000\n\n4\n00:00:03,000 --> 00:00:03,000\nnever\n"
    )
    assert [cue.text for cue in read_captions(text.encode()).cues] == ["long", "late"]


def test_missing_empty_line_and_empty_line_within_are_understood():
    text = "1\n00:00:01,000 --> 00:00:02,000\nA\n\nB\n2\n00:00:03,000 --> 00:00:04,000\nC\n"
    assert [cue.text for cue in read_captions(text.encode()).cues] == ["A\nB", "C"]


def test_cues_are_changed_as_plain_data():
    captions = read_captions(SRT.encode())
    assert captions.with_cue(Cue(0.0, 0.5, "first")).cues[0].text == "first"
    changed = captions.with_cue(Cue(1.0, 2.5, "else"), instead_of=0)
    assert [cue.text for cue in changed.cues] == ["else", "Ça va ?"]
    assert [cue.text for cue in captions.without_cue(0).cues] == ["Ça va ?"]
    assert captions.shifted(-1.5).cues[0] == Cue(0.0, 1.0, "Bonjour à toutes\net à tous")
    assert captions.within(2.2, 3.0).cues == (Cue(0.0, 0.3, "Bonjour à toutes\net à tous"), Cue(0.0, 0.8, "Ça va ?"))
    with pytest.raises(CaptionsFaulty):
        captions.with_cue(Cue(2.0, 1.0, "backwards"))


def test_text_cannot_break_out_of_its_cue():
    sly = Captions((Cue(1.0, 2.0, "a --> b\n<script>&amp;"),))
    assert "<script>" not in as_vtt(sly)
    assert read_captions(as_vtt(sly).encode()) == sly
    assert len(read_captions(as_srt(sly).encode()).cues) == 1


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)
CUES = st.builds(
    lambda start, length, text: Cue(start / 1_000, (start + length) / 1_000, text),
    st.integers(0, 90_000_000),
    st.integers(1, 60_000),
    TEXTS,
)


@given(st.lists(CUES, max_size=8))
def test_what_is_written_as_vtt_reads_the_same(cues):
    captions = Captions(()) if not cues else Captions(tuple(cues)).shifted(0)
    assert read_captions(as_vtt(captions).encode()) == captions


@given(st.lists(CUES, min_size=1, max_size=8))
def test_times_survive_srt(cues):
    captions = Captions(tuple(cues)).shifted(0)
    again = read_captions(as_srt(captions).encode()) if captions.cues else captions
    assert [(cue.start_s, cue.end_s) for cue in again.cues if cue.text] == [
        (cue.start_s, cue.end_s) for cue in captions.cues if read_captions(as_srt(Captions((cue,))).encode()).cues
    ]


@given(st.binary(max_size=200), st.sampled_from([b"", b"WEBVTT\n\n", b"1\n00:00:01,000 --> ", b"[Script Info]\n"]))
def test_garbage_is_read_or_refused(data, start):
    with suppress(CaptionsFaulty):
        read_captions(start + data)
