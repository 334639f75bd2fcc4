import java.util.Objects;

/** Assertions that say what was found. */
final class Check {
    private Check() {}

    static void that(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object found, Object expected, String what) {
        that(Objects.equals(found, expected), what + ": found " + found + ", expected " + expected);
    }
}
