import akol.ApiException;
import akol.api.CallsApi;
import akol.model.ErrorAnswer;
import akol.model.FieldError;
import akol.model.PlaceCall;
import akol.model.ValidationErrorAnswer;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Refusals: the client throws them, and has a model for what they say. */
final class Refusals {
    interface Request {
        void send() throws ApiException;
    }

    private Refusals() {}

    static void addTo(Map<String, Main.Test> tests) {
        tests.put("a token that was revoked is 401", Refusals::unauthorized);
        tests.put("what is not there is 404", Refusals::notFound);
        tests.put("a call that is over is 409", Refusals::conflict);
        tests.put("a 422 names every field that is wrong", Refusals::invalid);
        tests.put("too many requests are 429 until the time that it names", Refusals::tooMany);
        tests.put("a paused campaign is 429 and says no time", Refusals::paused);
    }

    private static PlaceCall place(String campaignId, String toNumber) {
        return new PlaceCall().campaignId(campaignId).toNumber(toNumber).fromPhoneNumberId("pn_xxx");
    }

    private static ApiException refused(int status, Request request) {
        try {
            request.send();
        } catch (ApiException refusal) {
            Check.equal(refusal.getCode(), status, "the status of " + refusal.getResponseBody());
            return refusal;
        }
        throw new AssertionError("it was not refused with " + status);
    }

    /** What a refusal without fields says. */
    private static String refusal(World world, int status, Request request) throws Exception {
        ErrorAnswer answer = world.read(refused(status, request).getResponseBody(), ErrorAnswer.class);
        Check.equal(answer.getSuccess(), false, "success");
        return answer.getError();
    }

    private static List<String> fields(World world, Request request) throws Exception {
        ValidationErrorAnswer answer = world.read(refused(422, request).getResponseBody(), ValidationErrorAnswer.class);
        for (FieldError error : answer.getErrors()) {
            Check.that(answer.getError().contains(error.getMessage()), answer);
        }
        return answer.getErrors().stream().map(FieldError::getField).sorted().toList();
    }

    private static String retryAfter(ApiException refusal) {
        return refusal.getResponseHeaders().firstValue("Retry-After").orElse(null);
    }

    private static void list(CallsApi calls) throws ApiException {
        calls.listCalls(null, null, null, null, null, null, null, null, null, null, null, null);
    }

    private static void unauthorized(World world) throws Exception {
        Request list = () -> list(new CallsApi(World.client("revoked")));
        Check.equal(refusal(world, 401, list), "Token has been revoked", "the message");
        refusal(world, 403, () -> list(new CallsApi(World.client("forbidden"))));
    }

    private static void notFound(World world) throws Exception {
        Check.that(refusal(world, 404, () -> world.calls.getCall("call_nobody")).contains("call_nobody"), "the id is named");
        refusal(world, 404, () -> world.content.getRecording("call_nobody", null, null, null, null));
        refusal(world, 404, () -> world.calls.placeCall(place("cmp_nobody", "+15005550105"), null, null));
    }

    private static void conflict(World world) throws Exception {
        Check.that(refusal(world, 409, () -> world.calls.endCall("call_xxx")).contains("call_xxx"), "the id is named");
    }

    private static void invalid(World world) throws Exception {
        Request wrongCall = () -> world.calls.placeCall(place("", "5551234567"), null, null);
        Check.equal(fields(world, wrongCall), List.of("campaignId", "toNumber"), "the fields of a call");
        Request wrongFilters =
                () -> world.calls.listCalls(null, 101, null, null, null, null, null, null, null, null, "2026-13-01", null);
        Check.equal(fields(world, wrongFilters), List.of("limit", "startDate"), "the filters");
        UUID key = UUID.randomUUID();
        world.calls.placeCall(place("cmp_xxx", "+15005550105"), key, null);
        Request reused = () -> world.calls.placeCall(place("cmp_xxx", "+15005550104"), key, null);
        Check.equal(fields(world, reused), List.of("Idempotency-Key"), "the key that was used before");
    }

    private static void tooMany(World world) throws Exception {
        world.control("PATCH", "/settings", Map.of("rateLimit", 2));
        list(world.calls);
        world.advance("20s");
        list(world.calls);
        ApiException refusal = refused(429, () -> list(world.calls));
        Check.equal(retryAfter(refusal), "40", "Retry-After");
        world.advance("39s");
        refused(429, () -> list(world.calls));
        world.advance("1s");
        list(world.calls);
    }

    private static void paused(World world) throws Exception {
        world.control("PATCH", "/campaigns/cmp_xxx", Map.of("status", "PAUSED"));
        ApiException refusal = refused(429, () -> world.calls.placeCall(place("cmp_xxx", "+15005550105"), null, null));
        Check.that(refusal.getResponseBody().contains("cmp_xxx is paused"), refusal.getResponseBody());
        Check.equal(retryAfter(refusal), null, "Retry-After");
    }
}
