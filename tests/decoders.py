"""Downloads recordings from a running akol-mock, decodes them with ffmpeg, and compares what is heard with the transcript.

    python tests/decoders.py PATH_OF_AKOL_MOCK

Prints a line per recording. Exits with 1 if any is not as long as its call, or has sound at the wrong time.
"""

import array
import json
import subprocess
import sys
import urllib.request

import imageio_ffmpeg

# Seeded calls to check, of each format.
RECORDINGS_OF_EACH = 5
# Samples a second and what a sample is at most, of what ffmpeg is asked for.
RATE, LOUDEST = 16_000, 32_768
# How far lengths may be off, in seconds.
TOLERANCE = 0.1
# Sound that is quieter than this is silence: MP3 leaves faint traces where it is coded.
SILENCE = 0.01
# MP3 smears sound over the neighbouring frames of 36 ms, and a decoder may add its own delay; in milliseconds.
SMEAR = 120


class Emulator:
    """The program on a free port, for as long as the block runs."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        command = [self.program, "--listen", "127.0.0.1:0", "--log-format", "off", "--start-time", "2026-11-22T12:00:00Z"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        first_line = self.process.stdout.readline()
        self.base = first_line.strip().removeprefix("akol-mock listening on ")
        if not self.base.startswith("http://"):
            raise SystemExit(f"{self.program} does not start: {first_line!r}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def get(self, path):
        request = urllib.request.Request(self.base + path, headers={"Authorization": "Bearer test"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def data(self, path):
        return json.loads(self.get(path))["data"]

    def recorded_calls(self):
        """The answered calls of the past whose campaigns record, with the format in which they do."""
        formats = {campaign["id"]: campaign["recording"] for campaign in self.data("/__admin/campaigns")}
        for page in (1, 2):
            for call in self.data(f"/api/v1/calls?limit=100&page={page}"):
                if call["durationSeconds"] and formats[call["campaignId"]] != "off":
                    yield call, formats[call["campaignId"]]


def decode(file):
    """The samples of a recording, in one channel."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", "pipe:0"]
    command += ["-f", "s16le", "-ac", "1", "-ar", str(RATE), "pipe:1"]
    ffmpeg = subprocess.run(command, input=file, capture_output=True, check=False)
    if ffmpeg.returncode or ffmpeg.stderr:
        raise ValueError(f"ffmpeg says: {ffmpeg.stderr.decode().strip()}")
    samples = array.array("h", ffmpeg.stdout)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def loudest(samples, start, end):
    """How loud it gets between two instants in milliseconds, from 0 to 1."""
    part = samples[max(start, 0) * RATE // 1000 : max(end, 0) * RATE // 1000]
    return max(map(abs, part), default=0) / LOUDEST


def faults(call, samples):
    """What is wrong with a recording."""
    seconds = len(samples) / RATE
    if abs(seconds - call["durationSeconds"]) > TOLERANCE:
        yield f"is {seconds:.3f} s long"
    lines = call["transcript"]
    starts = [line["timestamp"] for line in lines] + [round(seconds * 1000)]
    if loudest(samples, 0, starts[0] - SMEAR) > SILENCE:
        yield "has sound before the first line"
    for line, start, following in zip(lines, starts, starts[1:]):
        # A clip is not shorter than half a second; what is cut off by the end of the call may be silent.
        if following - start > 1_000 and loudest(samples, start, following) <= SILENCE:
            yield f"is silent at {start} ms, where the {line['speaker']} says {line['text']!r}"
        # At about 150 words a minute, every line leaves the floor some time before the next begins.
        if following - start > 1_000 and loudest(samples, following - 80, following - 40) > SILENCE:
            yield f"has sound at {following - 80} ms, right before what is said next"


def check(emulator, call, recording):
    """Checks one recording; says whether it is as it should be."""
    file = emulator.get(f"/api/v1/calls/{call['id']}/audio")
    try:
        samples = decode(file)
        found = list(faults(call, samples))
        seconds = len(samples) / RATE
    except ValueError as error:
        found, seconds = [str(error)], 0
    print(f"{'FAILED' if found else 'ok':6} {recording} {call['id']} {call['durationSeconds']:4} s,"
          f" decoded {seconds:8.3f} s, {len(call['transcript']):2} lines", *found, sep="\n       " if found else "")
    return not found


def main(program):
    with Emulator(program) as emulator:
        calls = list(emulator.recorded_calls())
        chosen = [
            (call, recording)
            for wanted in ("wav", "mp3")
            for call, recording in [one for one in calls if one[1] == wanted][:RECORDINGS_OF_EACH]
        ]
        if len(chosen) != 2 * RECORDINGS_OF_EACH:
            raise SystemExit(f"only {len(chosen)} recordings are there to check")
        results = [check(emulator, call, recording) for call, recording in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
