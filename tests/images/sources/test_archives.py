import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.rejection import Reject
from anime_gen.images.sources import tar_archive, zip_archive
from anime_gen.images.sources.members import FileWork, Listing, Source
from anime_gen.images.sources.opening import open_source
from tests.images.pictures import encoded, face

GOOD = encoded(face(1))
Packer = Callable[[bytes], bytes]


def source_of(path: Path, **limits: int) -> Source:
    return open_source(SourceConfig(kind="archive", path=str(path)), FacesConfig(**limits), path.parent)


def refusals(listing: Listing) -> dict[str, str]:
    return {reject.name: reject.reason for reject in listing.rejects}


def outcomes(source: Source) -> dict[str, str]:
    """name -> "kept" or the reason, of everything in the source."""
    listing = source.listing()
    found = refusals(listing)
    names = dict(enumerate(listing.members))
    for work in source.works(list(names.items()), batch=2):
        assert isinstance(work, FileWork)
        for member, made in zip(work.members, work.pictures(FacesConfig(resolution_px=16)), strict=True):
            found[member.name] = made.reason if isinstance(made, Reject) else "kept"
    return found


def zip_of(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_zip_is_read_in_place(tmp_path: Path, method: int) -> None:
    path = zip_of(tmp_path / "a.zip", {"faces/b.png": GOOD, "faces/a.png": GOOD, "labels.csv": b"file\n"}, method)
    listing = source_of(path).listing()
    assert [member.name for member in listing.members] == ["faces/a.png", "faces/b.png"]
    assert listing.labels == b"file\n"
    assert outcomes(source_of(path)) == {"faces/a.png": "kept", "faces/b.png": "kept"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


def test_zip_names_that_climb_out_and_doubles_and_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "slip.zip"
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    pipe = zipfile.ZipInfo("pipe.png")
    pipe.external_attr = 0o010644 << 16
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own word about the double name
        for name in (
            "../../etc/cron.png",
            "/absolute.png",
            "C:/drive.png",
            "..\\windows.png",
            "twice.png",
            "twice.png",
        ):
            archive.writestr(name, GOOD)
        archive.writestr(link, "/etc/passwd")
        archive.writestr(pipe, b"")
        archive.writestr("good.png", GOOD)
    found = outcomes(source_of(path))
    assert found == {
        "../../etc/cron.png": "unsafe_name",
        "/absolute.png": "unsafe_name",
        "C:/drive.png": "unsafe_name",
        "..\\windows.png": "unsafe_name",
        "twice.png": "duplicate_name",
        "link.png": "link",
        "pipe.png": "special_file",
        "good.png": "kept",
    }
    assert not (tmp_path.parent / "etc").exists()


def test_zip_members_that_unpack_absurdly_are_refused_before_unpacking(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "bomb.zip", {"zeros.png": b"\0" * 50_000_000, "inner.zip": GOOD, "good.png": GOOD})
    assert outcomes(source_of(path)) == {"zeros.png": "ratio", "inner.zip": "kept", "good.png": "kept"}


def test_zip_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "overlap.zip", {"a.png": GOOD, "b.png": GOOD, "good.png": encoded(face(2))})
    data = bytearray(path.read_bytes())
    directory = data.rfind(b"PK\1\2", 0, data.rfind(b"PK\1\2", 0, data.rfind(b"PK\1\2")) + 1)
    assert data[directory + 46 : directory + 51] == b"a.png"
    second = data.find(b"PK\1\2", directory + 4)
    data[second + 42 : second + 46] = data[directory + 42 : directory + 46]  # b.png now points at a.png's bytes
    path.write_bytes(data)
    found = outcomes(source_of(path))
    assert found.pop("good.png") == "kept"
    assert set(found.values()) <= {"overlap"}


def test_zip_damage_costs_only_the_damaged_member(tmp_path: Path) -> None:
    names = [f"{i}.png" for i in range(5)]
    path = zip_of(
        tmp_path / "damaged.zip", {name: encoded(face(i)) for i, name in enumerate(names)}, zipfile.ZIP_STORED
    )
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        second, third = (archive.getinfo(name) for name in names[1:3])
    data[second.header_offset + 200] ^= 0xFF  # a byte of its picture
    data[third.header_offset : third.header_offset + 4] = b"XXXX"  # its local header
    path.write_bytes(data)
    found = outcomes(source_of(path))
    assert found == {"0.png": "kept", "1.png": "checksum", "2.png": "corrupt", "3.png": "kept", "4.png": "kept"}


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_damaged_packed_member_costs_only_itself(tmp_path: Path, method: int) -> None:
    path = zip_of(tmp_path / "damaged.zip", {"bad.png": GOOD, "good.png": encoded(face(2))}, method)
    sound = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        packed = archive.getinfo("bad.png").compress_size
    begin = 30 + len("bad.png")
    for place in (*range(begin, begin + 12), *range(begin + 12, begin + packed, max(1, packed // 30))):
        data = bytearray(sound)
        data[place] ^= 0x55
        path.write_bytes(data)
        found = outcomes(source_of(path))
        assert found["good.png"] == "kept"
        assert found["bad.png"] in ("corrupt", "checksum", "kept"), place  # some bits of a stream mean nothing


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_member_that_unpacks_to_more_than_it_says_is_read_no_further(tmp_path: Path, method: int) -> None:
    path = zip_of(tmp_path / "lies.zip", {"zeros.png": bytes(100_000_000)}, method)
    data = bytearray(path.read_bytes())
    directory = data.rfind(b"PK\1\2")
    data[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    if method == zipfile.ZIP_LZMA:  # and asks for a window of 4 GiB
        data[30 + len("zeros.png") + 5 : 30 + len("zeros.png") + 9] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    tracemalloc.start()
    assert outcomes(source_of(path)) == {"zeros.png": "checksum"}
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_zip_encryption_and_rare_methods_are_named(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "mixed.zip", {"good.png": GOOD, "rare.png": GOOD, "secret.png": GOOD})
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\1\2")
    data[last + 8] |= 1  # the flag that says encrypted
    data[data.rfind(b"PK\1\2", 0, last) + 10] = 9
    path.write_bytes(data)
    assert outcomes(source_of(path)) == {"good.png": "kept", "rare.png": "compression", "secret.png": "encrypted"}
    (rare,) = [reject for reject in source_of(path).listing().rejects if reject.name == "rare.png"]
    assert rare.detail.startswith("packed by Deflate64; unpack it")


def test_a_hundred_thousand_empty_members_are_refused_by_count_or_listed(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "many.zip", {f"{i}.png": b"" for i in range(20_000)}, zipfile.ZIP_STORED)
    with pytest.raises(ValueError, match=r"lists more than faces\.max_members = 1000 files"):
        source_of(path, max_members=1000).listing()
    assert len(source_of(path).listing().members) == 20_000


def test_names_of_any_script_are_kept_and_control_characters_shown_as_escapes(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "names.zip", {"顔/笑顔.png": GOOD, "line\nbreak.png": GOOD, "old.png": GOOD})
    path.write_bytes(
        path.read_bytes().replace(b"old.png", b"\x83\x8c\x8d.png")
    )  # a name in an old code page, not marked UTF-8
    found = outcomes(source_of(path))
    assert set(found.values()) == {"kept"}
    assert {"顔/笑顔.png", "line\\nbreak.png"} < set(found)


def test_a_name_that_breaks_its_promise_of_utf8_is_said_plainly(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "names.zip", {"笑.png": GOOD})
    path.write_bytes(path.read_bytes().replace("笑".encode(), b"\xff\xfe\xfd"))
    with pytest.raises(ValueError, match="not a complete zip"):
        source_of(path).listing()


def test_a_folder_with_a_name_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with open(os.fsencode(tmp_path / "in") + b"/\xff\n.png", "wb") as file:
        file.write(GOOD)
    source = open_source(SourceConfig(kind="folder", path=str(tmp_path / "in")), FacesConfig(), tmp_path)
    assert outcomes(source) == {"\\udcff\\n.png": "kept"}


def tar_bytes(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def member(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, data


HOSTILE_TAR = [
    member("good/a.png", GOOD),
    member("link.png", kind=tarfile.SYMTYPE, link="/etc/passwd"),
    member("hard.png", kind=tarfile.LNKTYPE, link="/etc/passwd"),
    member("up.png", kind=tarfile.LNKTYPE, link="../up.png"),
    member("device.png", kind=tarfile.CHRTYPE),
    member("pipe.png", kind=tarfile.FIFOTYPE),
    member("../up.png", GOOD),
    member("/root.png", GOOD),
    member("twice.png", GOOD),
    member("twice.png", GOOD),
    member("good/b.png", encoded(face(2))),
    member("good/cut.png", GOOD[:100]),
]
EXPECTED_TAR = {
    "good/a.png": "kept",
    "good/b.png": "kept",
    "good/cut.png": "truncated",
    "link.png": "link",
    "hard.png": "link",
    "up.png": "link",
    "device.png": "special_file",
    "pipe.png": "special_file",
    "../up.png": "unsafe_name",
    "/root.png": "unsafe_name",
    "twice.png": "duplicate_name",
}


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_tar_is_read_in_place_and_refuses_what_is_no_plain_file(tmp_path: Path, ending: str) -> None:
    data = tar_bytes(HOSTILE_TAR)
    pack = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}[ending]
    path = tmp_path / f"a.{ending}"
    path.write_bytes(pack(data))
    assert outcomes(source_of(path)) == EXPECTED_TAR
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_packed_in_several_parts_as_parallel_packers_do_is_read_to_its_end(tmp_path: Path, pack: Packer) -> None:
    data = tar_bytes([member(f"{i}.png", encoded(face(i))) for i in range(6)])
    path = tmp_path / "parts.tar.x"
    path.write_bytes(b"".join(pack(data[at : at + 2000]) for at in range(0, len(data), 2000)))
    assert outcomes(source_of(path)) == {f"{i}.png": "kept" for i in range(6)}


def test_the_older_lzma_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "old.tar.lzma"
    path.write_bytes(lzma.compress(tar_bytes([member("a.png", GOOD)]), lzma.FORMAT_ALONE))
    assert outcomes(source_of(path)) == {"a.png": "kept"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_tar_with_a_damaged_middle_is_reported(tmp_path: Path, pack: Packer) -> None:
    packed = bytearray(pack(tar_bytes([member(f"{i}.png", encoded(face(i, 90))) for i in range(40)])))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = bytes(40)
    path = tmp_path / "hurt.tar.x"
    path.write_bytes(packed)
    with suppress(ValueError):  # nothing of a single block can be read
        assert "truncated" in outcomes(source_of(path)).values()


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_a_file_that_a_tar_holds_under_two_names_is_read_under_both(tmp_path: Path, ending: str) -> None:
    linked = [
        member("a/1.png", GOOD),
        member("b/one.png", kind=tarfile.LNKTYPE, link="a/1.png"),
        member("c/eins.png", kind=tarfile.LNKTYPE, link="b/one.png"),
        member("truth.csv", b"file,glasses\none.png,1\n"),
        member("a/2.png", encoded(face(2))),
        member("labels.csv", kind=tarfile.LNKTYPE, link="truth.csv"),
    ]
    path = tmp_path / f"a.{ending}"
    path.write_bytes(tar_bytes(linked) if ending == "tar" else gzip.compress(tar_bytes(linked)))
    pictures = dict.fromkeys(("a/1.png", "a/2.png", "b/one.png", "c/eins.png"), "kept")
    assert outcomes(source_of(path)) == {**pictures, "truth.csv": "table"}
    assert source_of(path).listing().labels == b"file,glasses\none.png,1\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_tar_cut_short_keeps_what_is_whole(tmp_path: Path, packed: bool) -> None:
    data = tar_bytes([member(f"{i}.png", encoded(face(i))) for i in range(6)])
    data = gzip.compress(data, 1) if packed else data
    path = tmp_path / ("cut.tar.gz" if packed else "cut.tar")
    path.write_bytes(data[: len(data) * 6 // 10])
    found = outcomes(source_of(path))
    assert found["0.png"] == found["1.png"] == "kept"
    assert "truncated" in found.values()


def test_a_tar_header_that_claims_gigabytes_is_not_believed(tmp_path: Path) -> None:
    good = tar_bytes([member("good.png", GOOD)])[: 512 + -(-len(GOOD) // 512) * 512]
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 * 2**30
    path = tmp_path / "long.tar"
    path.write_bytes(good + info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 10_240)
    assert outcomes(source_of(path))["good.png"] == "kept"


def test_a_compressed_tar_that_unpacks_absurdly_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    info = tarfile.TarInfo("zeros.png")
    info.size = 64 * 2**30
    path.write_bytes(gzip.compress(info.tobuf() + b"\0" * 1024))
    with pytest.raises(ValueError, match=r"faces\.max_ratio"):
        source_of(path).listing()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.zip", None, "there is no"),
        ("empty.zip", b"", "empty file"),
        ("text.zip", b"hello" * 99, "neither a complete zip nor a tar"),
        ("cut.zip", b"PK\3\4" + b"\0" * 99, "begins as zip, but its end is missing.*fetch it again"),
        ("broken.tar.gz", gzip.compress(b"x" * 99, mtime=0)[:12], "begins as gzip, but is cut short or holds no tar"),
        ("one.png.gz", gzip.compress(GOOD, mtime=0), "begins as gzip, but is cut short or holds no tar"),
        ("faces.tar.lz4", b"\x04\x22\x4d\x18" + bytes(99), "it is a lz4 archive; unpack"),
        ("faces.lzh", b"\x1e\x00-lh5-" + bytes(99), "it is a lzh archive; unpack"),
        ("faces.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "it is HDF5; name the folder of the pictures"),
        ("faces.npy", b"\x93NUMPY" + bytes(99), "it is NumPy; name the folder of the pictures"),
        ("faces.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99), "neither a complete zip nor a tar.*it is a 7z archive; unpack"),
        ("faces.rar", b"Rar!\x1a\x07\0" + bytes(99), "it is a rar archive; unpack"),
        ("faces.tar.zst", b"\x28\xb5\x2f\xfd" + bytes(99), "it is a zstd archive; unpack"),
        ("faces.png", GOOD, "it is PNG; name the folder"),
        ("faces.zip", b"PAR1" + bytes(99), "it is Parquet; name the folder"),
        ("page.zip", b"<html>sign in</html>", "it is a web page.*download it again"),
        ("pointer.zip", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("zeros.tar", bytes(10_240), "nothing but zeros where it begins.*fetch it again"),
        ("faces.DMG", bytes(10_240), "it is a disc image; open it and name the folder"),
        ("end.zip", b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 9, 9, 99, 0, 0), "not a complete zip"),
    ],
)
def test_what_is_no_archive_is_said_plainly(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        source_of(tmp_path / name).listing()


@pytest.mark.parametrize(
    "address", ["https://x.org/a.zip", "file:///home/a.zip", "S3://bucket/a.zip", "smb://disk/faces"]
)
def test_an_address_is_no_path(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="is an address; give the path of a folder or archive on this disk"):
        open_source(SourceConfig(kind="archive", path=address), FacesConfig(), tmp_path)


def test_the_wrong_kind_is_said_plainly(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.png": GOOD})
    with pytest.raises(ValueError, match=r"set source\.kind=archive"):
        open_source(SourceConfig(kind="folder", path=str(path)), FacesConfig(), tmp_path)
    with pytest.raises(ValueError, match=r"set source\.kind=folder"):
        open_source(SourceConfig(kind="archive", path=str(tmp_path)), FacesConfig(), tmp_path)


def test_a_relative_path_starts_here_or_at_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "pyproject.toml").touch()
    zip_of(project / "a.zip", {"a.png": GOOD})
    config = SourceConfig(kind="archive", path="a.zip")
    monkeypatch.chdir(tmp_path)
    assert open_source(config, FacesConfig(), project / "data").listing().seen == 1
    zip_of(tmp_path / "a.zip", {"a.png": GOOD, "b.png": GOOD})
    assert open_source(config, FacesConfig(), project / "data").listing().seen == 2


def test_every_member_that_shares_bytes_with_another_is_named_and_no_neighbour() -> None:
    def member(start: int, size: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(f"{start}.png")
        entry.header_offset, entry.compress_size = start, size
        return entry

    apart = [member(0, 70), member(100, 70), member(200, 70)]  # a header has 30 bytes: each ends where the next begins
    assert zip_archive._overlapping(apart) == set()
    assert zip_archive._overlapping([member(0, 71), *apart[1:]]) == {0, 100}
    assert zip_archive._overlapping([member(0, 500), *apart[1:], member(600, 1)]) == {0, 100, 200}


def test_an_extended_header_of_a_tar_may_not_fill_the_memory() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 2**20 + 1
    with pytest.raises(tarfile.ReadError, match="extended header claims 1048577 bytes"):
        tarfile.TarFile(fileobj=io.BytesIO(header.tobuf() + bytes(1024)), tarinfo=tar_archive._BoundedTarInfo)
