package dev.varve.systemtests.chaos;

import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Outcome;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Overwrites long values again and again, so that tables are written and merged and files collected meanwhile. Nobody reads them but to compare the nodes. */
final class Filler implements Runnable {

    private static final int KEYS = 100;
    private static final long THINKING_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Chaos chaos;
    private final List<String> urls;
    private final RandomGenerator random;

    Filler(Chaos chaos, List<String> urls, RandomGenerator random) {
        this.chaos = chaos;
        this.urls = urls;
        this.random = random;
    }

    @Override
    public void run() {
        try {
            for (long i = 0; !chaos.stopped(); i++) {
                Operation put = Operation.put("filling/" + random.nextInt(KEYS), Payload.LONG + i);
                StoreClient.Answer answer =
                        chaos.http().send(urls.get(random.nextInt(urls.size())), put, null, "linearizable");
                boolean served = answer.outcome().kind() == Outcome.Kind.DONE;
                LockSupport.parkNanos(served ? THINKING_NANOS : PAUSE_NANOS);
            }
        } catch (InterruptedException | RuntimeException e) {
            chaos.violation("the filler failed: " + e);
        }
    }
}
