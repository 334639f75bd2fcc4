#!/bin/sh
# Makes the clips of speech that recordings are put together from. Run once, by hand; the clips are kept with the code.
#
#   apt-get install flite sox libsox-fmt-mp3 lame     (Debian 12: flite 2.2, sox 14.4.2, lame 3.100)
#   sh crates/world/speech/make.sh
#
# Everything is counted in frames of 36 ms: 288 samples of WAV at 8 kHz, and one MP3 frame of 576 samples at 16 kHz. At
# 24 kbit/s such a frame is 108 bytes to the byte, so none is ever padded. A clip is as many frames in both formats.
#
# A clip opens with one frame of silence and closes with at least 10 ms of it. An MP3 frame overlaps the one before;
# where both are silent, clips can follow each other in any order without a click.
#
# To change a clip, change its line and run this again. Within a voice, clips must stay sorted by length.

set -eu
cd "$(dirname "$0")"

sample_rate=8000
frame_samples=288
closing_samples=80
mp3_rate=16000
mp3_frame_bytes=108

# An encoder delays sound by 576 samples and a decoder by 529. With 47 more that is two frames, which are dropped: what
# a decoder then plays starts with the clip's first sample.
mp3_lead_samples=47
mp3_lead_frames=2

clips() {
    cat <<'END'
agent Of course.
agent All right, then.
agent Good, thank you.
agent One moment, please.
agent Let me check that for you.
agent Perfect, thank you very much.
agent Thanks for waiting, I have it here.
agent Could you say that once more for me, please?
agent If you like, I can explain how it works.
agent I see, and is there anything that I can do about it?
agent I understand, and I am happy to help you with that.
agent Let me repeat that, so that we are sure I have got everything down right.
agent Thank you, I have noted that down and will make sure that it is taken care of.
agent Just so you know, this will only take a few minutes, and you can stop me.
caller Yes.
caller That is right.
caller That works for me.
caller Sure, no problem.
caller No, not that I know of.
caller Yes, I can hear you well.
caller All right, and what happens next?
caller Sorry, I did not quite catch that.
caller I think so, but let me have a look first.
caller Could you tell me a bit more about that, please?
caller Well, it depends on how long it is going to take.
caller All right, and what would be the next step for me after that?
caller To be honest, I have not looked into it yet, but I will do that soon.
caller I was going to ask you about that myself, so this is a good time.
END
}

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# synthesise VOICE TEXT FILE: raw speech at 16 kHz.
synthesise() {
    case $1 in
        agent) speaker=slt ;;
        caller) speaker=rms ;;
    esac
    # Slightly brisker than the default, which is a reading voice.
    flite -voice $speaker --setf duration_stretch=0.95 -t "$2" -o "$3"
}

# telephone IN OUT: the telephone's band, evened loudness with peaks at -3 dBFS, no silence at either end, soft edges.
telephone() {
    sox -R -D "$1" -b 16 "$2" \
        sinc 300-3400 rate -v $sample_rate \
        gain -n -3 compand 0.003,0.08 -70,-75,-40,-34,-20,-14,-3,-6 \
        gain -n -3 silence 1 0.005 0.4% reverse silence 1 0.005 0.4% fade t 0.012 reverse fade t 0.004
}

# to_mp3 WAV FRAMES: MP3 frames that need no others to be decoded, without a header of the whole.
to_mp3() {
    sox -R -D "$1" "$work/wide.wav" rate -v $mp3_rate pad ${mp3_lead_samples}s $((4 * 2 * frame_samples))s
    lame --quiet -t --cbr -b 24 -m m --nores -q 0 "$work/wide.wav" - |
        tail -c +$((mp3_lead_frames * mp3_frame_bytes + 1)) |
        head -c $(($2 * mp3_frame_bytes))
}

rm -f ./*.wav ./*.mp3
voice=
clips | while read -r next text; do
    [ "$next" = "$voice" ] || number=0
    voice=$next
    number=$((number + 1))
    name=$(printf '%s-%02d' "$voice" "$number")

    synthesise "$voice" "$text" "$work/raw.wav"
    telephone "$work/raw.wav" "$work/trimmed.wav"
    samples=$(soxi -s "$work/trimmed.wav")
    frames=$(((frame_samples + samples + closing_samples + frame_samples - 1) / frame_samples))
    sox -D "$work/trimmed.wav" "$name.wav" pad ${frame_samples}s $(((frames - 1) * frame_samples - samples))s
    to_mp3 "$name.wav" "$frames" > "$name.mp3"
    echo "$name: $frames frames, $((frames * 36)) ms: $text"
done

# One frame of silence, from the middle of a stretch of it.
sox -R -D -n -r $sample_rate -b 16 -c 1 "$work/silence.wav" trim 0 $((10 * frame_samples))s
to_mp3 "$work/silence.wav" 6 | tail -c $mp3_frame_bytes > silence.mp3
