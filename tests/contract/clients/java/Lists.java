import akol.model.Call;
import akol.model.CallStatus;
import akol.model.CallsAnswer;
import akol.model.Direction;
import akol.model.Outcome;
import akol.model.Pagination;
import akol.model.Sentiment;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/** Pages and filters: what each filter finds is what the whole list says, page for page and in the same order. */
final class Lists {
    /** What a list is asked for; what is null is not asked. */
    private record Filters(
            Direction direction,
            CallStatus status,
            Outcome outcome,
            Sentiment sentiment,
            String businessId,
            String campaignId,
            String agentId,
            String phoneNumberId,
            String startDate,
            String endDate) {}

    private static final Filters NONE = new Filters(null, null, null, null, null, null, null, null, null, null);

    private Lists() {}

    static void addTo(Map<String, Main.Test> tests) {
        tests.put("the pages of any size are the whole list", Lists::pages);
        filter(tests, "direction", List.of(Direction.values()), Call::getDirection,
                value -> new Filters(value, null, null, null, null, null, null, null, null, null));
        filter(tests, "status", List.of(CallStatus.values()), Call::getStatus,
                value -> new Filters(null, value, null, null, null, null, null, null, null, null));
        filter(tests, "outcome", List.of(Outcome.values()), Call::getOutcome,
                value -> new Filters(null, null, value, null, null, null, null, null, null, null));
        filter(tests, "sentiment", List.of(Sentiment.values()), Call::getSentiment,
                value -> new Filters(null, null, null, value, null, null, null, null, null, null));
        filter(tests, "businessId", null, Call::getBusinessId,
                value -> new Filters(null, null, null, null, value, null, null, null, null, null));
        filter(tests, "campaignId", null, Call::getCampaignId,
                value -> new Filters(null, null, null, null, null, value, null, null, null, null));
        filter(tests, "agentId", null, Call::getAgentId,
                value -> new Filters(null, null, null, null, null, null, value, null, null, null));
        filter(tests, "phoneNumberId", null, Call::getPhoneNumberId,
                value -> new Filters(null, null, null, null, null, null, null, value, null, null));
        tests.put("dates bound a list", Lists::dates);
    }

    /** All calls that match, page by page, and all that a page says of itself checked. */
    private static List<Call> walk(World world, int limit, Filters of) throws Exception {
        List<Call> calls = new ArrayList<>();
        for (int number = 1; ; number++) {
            CallsAnswer answer = world.calls.listCalls(number, limit, of.direction, of.status, of.outcome, of.sentiment,
                    of.businessId, of.campaignId, of.agentId, of.phoneNumberId, of.startDate, of.endDate);
            calls.addAll(answer.getData());
            Pagination page = answer.getPagination();
            int pages = (page.getTotal() + limit - 1) / limit;
            Pagination expected = new Pagination().page(number).limit(limit).total(page.getTotal()).totalPages(pages)
                    .hasPrev(number > 1).hasNext(number < pages);
            Check.equal(page, expected, "the pagination");
            Check.equal(calls.size(), Math.min(number * limit, page.getTotal()), "the calls so far");
            if (!page.getHasNext()) {
                return calls;
            }
        }
    }

    private static List<Call> walk(World world, Filters filters) throws Exception {
        return walk(world, 100, filters);
    }

    private static List<Call> those(List<Call> calls, Predicate<Call> which) {
        return calls.stream().filter(which).toList();
    }

    private static void pages(World world) throws Exception {
        List<Call> calls = walk(world, NONE);
        Check.equal(calls.stream().map(Call::getId).distinct().count(), 201L, "how many calls there are");
        Check.equal(walk(world, 37, NONE), calls, "the list in smaller pages");
    }

    private static <T> void filter(
            Map<String, Main.Test> tests, String name, List<T> possible, Function<Call, T> valueOf, Function<T, Filters> filters) {
        tests.put(name + " finds just what the whole list says", world -> {
            List<Call> calls = walk(world, NONE);
            List<T> values = possible == null ? calls.stream().map(valueOf).distinct().toList() : possible;
            int total = 0;
            int found = 0;
            for (T value : values) {
                List<Call> some = walk(world, filters.apply(value));
                Check.equal(some, those(calls, call -> value.equals(valueOf.apply(call))), name + "=" + value);
                total += some.size();
                found += some.isEmpty() ? 0 : 1;
            }
            Check.equal(total, those(calls, call -> valueOf.apply(call) != null).size(), "the calls of all values");
            Check.that(found > 1, "one value alone shows little");
        });
    }

    private static Filters between(String startDate, String endDate) {
        return new Filters(null, null, null, null, null, null, null, null, startDate, endDate);
    }

    private static void dates(World world) throws Exception {
        List<Call> calls = walk(world, NONE);
        TreeSet<LocalDate> days = new TreeSet<>();
        calls.stream().filter(call -> call.getStartedAt() != null).forEach(call -> days.add(dayOf(call)));
        LocalDate since = List.copyOf(days).get(days.size() / 3);
        LocalDate until = List.copyOf(days).get(2 * days.size() / 3);
        Predicate<Call> isLater = call -> call.getStartedAt() != null && !dayOf(call).isBefore(since);
        Predicate<Call> isEarlier = call -> call.getStartedAt() != null && !dayOf(call).isAfter(until);
        Check.equal(walk(world, between(since.toString(), null)), those(calls, isLater), "startDate");
        Check.equal(walk(world, between(null, until.toString())), those(calls, isEarlier), "endDate");
        List<Call> found = walk(world, between(since.toString(), until.toString()));
        Check.equal(found, those(calls, isLater.and(isEarlier)), "both dates");
        Check.that(!found.isEmpty() && found.size() < calls.size(), "the dates leave some out");

        // An instant, with an offset whose plus sign the client has to escape.
        OffsetDateTime instant = found.get(0).getStartedAt();
        String text = instant.toString().replace("Z", "+00:00");
        Check.that(walk(world, between(text, text)).contains(found.get(0)), "a call is found by its instant " + text);
    }

    private static LocalDate dayOf(Call call) {
        return call.getStartedAt().toLocalDate();
    }
}
