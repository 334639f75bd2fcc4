import akol.ApiResponse;
import akol.model.Call;
import akol.model.CallAnswer;
import akol.model.CallStatus;
import akol.model.EndedCallEvent;
import akol.model.LiveCallEvent;
import akol.model.Outcome;
import akol.model.PlaceCall;
import akol.model.Speaker;
import akol.model.TranscriptLine;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A call's whole life through the client that openapi-generator generates. */
final class Life {
    private static final PlaceCall TRANSFERRED =
            new PlaceCall().campaignId("cmp_xxx").toNumber("+15005550101").fromPhoneNumberId("pn_xxx");
    private static final List<String> EVENTS =
            List.of("call.started", "call.transferred", "call.ended", "call.completed", "transcript.ready", "summary.ready");

    private Life() {}

    static void addTo(Map<String, Main.Test> tests) {
        tests.put("a call is placed, talks, is transferred and can be heard", Life::isPlacedAndHeard);
        tests.put("a call goes on until it is ended", Life::goesOnUntilEnded);
    }

    private static void isPlacedAndHeard(World world) throws Exception {
        List<String> bodies = world.receive(EVENTS);
        UUID key = UUID.randomUUID();
        ApiResponse<CallAnswer> placed = world.calls.placeCallWithHttpInfo(TRANSFERRED, key, null);
        Call call = placed.getData().getData();
        Check.equal(placed.getStatusCode(), 201, "the status of placing");
        Check.equal(placed.getData().getSuccess(), true, "success");
        Check.equal(call.getStatus(), CallStatus.RINGING, "the status of the call");
        Check.equal(call.getStartedAt(), null, "startedAt");
        Check.equal(call.getOutcome(), null, "outcome");

        ApiResponse<CallAnswer> again = world.calls.placeCallWithHttpInfo(TRANSFERRED, key, null);
        Check.equal(again.getData(), placed.getData(), "the answer to the same key");
        Check.equal(header(placed, "idempotent-replayed"), null, "the first answer");
        Check.equal(header(again, "idempotent-replayed"), "true", "the second answer");

        Call ended = poll(world, call);
        Check.equal(ended.getOutcome(), Outcome.TRANSFERRED, "outcome");
        Check.that(ended.getStartedAt().isBefore(ended.getEndedAt()), "it ends after its start: " + ended);
        Check.that(ended.getSummary() != null && ended.getSentiment() != null && !ended.getTags().isEmpty(), ended);
        webhooksTell(world, bodies, ended);

        List<TranscriptLine> transcript = world.content.getTranscript(call.getId()).getData();
        Check.equal(transcript, ended.getTranscript(), "the transcript");
        Check.equal(transcript.get(0).getSpeaker(), Speaker.AGENT, "who speaks first");
        Check.equal(transcript.get(0).getTimestamp(), 0, "when the first line begins");
        sounds(world, ended);
    }

    /** As a program does that has no webhooks; a second goes by between two looks. */
    private static Call poll(World world, Call call) throws Exception {
        List<CallStatus> statuses = new ArrayList<>(List.of(call.getStatus()));
        int lines = 0;
        while (call.getStatus() == CallStatus.RINGING || call.getStatus() == CallStatus.IN_PROGRESS) {
            world.advance("1s");
            call = world.call(call.getId());
            statuses.add(call.getStatus());
            Check.that(call.getTranscript().size() >= lines, "the transcript grows");
            lines = call.getTranscript().size();
        }
        List<CallStatus> expected = List.of(CallStatus.RINGING, CallStatus.IN_PROGRESS, CallStatus.COMPLETED);
        Check.equal(List.copyOf(new LinkedHashSet<>(statuses)), expected, "the statuses on the way");
        return call;
    }

    private static void webhooksTell(World world, List<String> bodies, Call call) throws Exception {
        List<String> names = new ArrayList<>();
        for (String body : bodies) {
            names.add(World.JSON.readTree(body).get("event").asText());
        }
        Check.equal(names, EVENTS, "the webhooks");
        LiveCallEvent started = world.read(bodies.get(0), LiveCallEvent.class);
        Check.equal(started.getData().getCallId(), call.getId(), "call.started, callId");
        Check.equal(started.getData().getStartedAt(), call.getStartedAt(), "call.started, startedAt");
        EndedCallEvent ended = world.read(bodies.get(2), EndedCallEvent.class);
        Check.equal(ended.getData().getCallId(), call.getId(), "call.ended, callId");
        Check.equal(ended.getData().getDuration(), call.getDurationSeconds(), "call.ended, duration");
        Check.equal(ended.getData().getOutcome(), call.getOutcome(), "call.ended, outcome");
        Check.equal(ended.getData().getTranscript(), call.getTranscript(), "call.ended, transcript");
    }

    private static void sounds(World world, Call call) throws Exception {
        ApiResponse<File> whole = world.content.getRecordingWithHttpInfo(call.getId(), null, null, null, null);
        byte[] sound = Files.readAllBytes(whole.getData().toPath());
        ByteBuffer numbers = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        Check.equal(header(whole, "content-type"), "audio/wav", "the recording's type");
        Check.equal(new String(sound, 0, 4, StandardCharsets.US_ASCII), "RIFF", "the recording's first bytes");
        Check.equal(new String(sound, 8, 8, StandardCharsets.US_ASCII), "WAVEfmt ", "the recording's next bytes");
        Check.equal(numbers.getInt(4), sound.length - 8, "the recording's length");
        // 8000 samples of two bytes a second.
        Check.equal(numbers.getInt(40), call.getDurationSeconds() * 16_000, "the length of the sound");

        String tag = header(whole, "etag");
        ApiResponse<File> part = world.content.getRecordingWithHttpInfo(call.getId(), "bytes=44-1043", tag, null, null);
        Check.equal(part.getStatusCode(), 206, "the status of a part");
        Check.equal(header(part, "content-range"), "bytes 44-1043/" + sound.length, "which part it is");
        byte[] bytes = Files.readAllBytes(part.getData().toPath());
        Check.that(Arrays.equals(bytes, Arrays.copyOfRange(sound, 44, 1044)), "the part is that of the whole");
    }

    private static void goesOnUntilEnded(World world) throws Exception {
        String id = world.calls.placeCall(TRANSFERRED, null, "endless").getData().getId();
        world.advance("90s");
        Check.equal(world.call(id).getStatus(), CallStatus.IN_PROGRESS, "the status after 90 seconds");
        Call ended = world.calls.endCall(id).getData();
        Check.equal(ended.getStatus(), CallStatus.COMPLETED, "the status once it is ended");
        Check.equal(ended.getOutcome(), Outcome.HUNG_UP, "the outcome once it is ended");
        Check.equal(world.call(id), ended, "the call from then on");
    }

    private static String header(ApiResponse<?> answer, String name) {
        List<String> values = answer.getHeaders().get(name);
        return values == null ? null : String.join(", ", values);
    }
}
