import java.util.LinkedHashMap;
import java.util.Map;

/** Runs all tests, each in a workspace of its own, and says how each went. */
public final class Main {
    interface Test {
        void run(World world) throws Exception;
    }

    public static void main(String[] arguments) {
        Map<String, Test> tests = new LinkedHashMap<>();
        Life.addTo(tests);
        Lists.addTo(tests);
        Refusals.addTo(tests);
        int failed = 0;
        for (var test : tests.entrySet()) {
            String name = test.getKey().replaceAll("[^A-Za-z0-9]", "_");
            try (World world = new World(name.substring(0, Math.min(name.length(), 50)))) {
                test.getValue().run(world);
                System.out.println("ok      " + test.getKey());
            } catch (Exception | AssertionError problem) {
                failed++;
                System.out.println("FAILED  " + test.getKey());
                problem.printStackTrace(System.out);
            }
        }
        System.out.println((tests.size() - failed) + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }
}
