package dev.varve.systemtests.chaos;

import dev.varve.systemtests.ClusterProcesses;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks the nodes again and again who leads. Runs on one thread; who leads is for all. */
final class Leaders implements Runnable {

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final Pattern PAGE =
            Pattern.compile("\"node\":\"([^\"]+)\",\"leader\":\"([^\"]+)\",\"term\":(\\d+)");

    private final Chaos chaos;
    private final ClusterProcesses cluster;
    private volatile String leader;
    private long term;

    Leaders(Chaos chaos, ClusterProcesses cluster) {
        this.chaos = chaos;
        this.cluster = cluster;
        this.leader = cluster.names().getFirst();
    }

    /** Who led when it was last known. */
    String leader() {
        return leader;
    }

    @Override
    public void run() {
        try {
            while (!chaos.stopped()) {
                for (String node : cluster.names()) {
                    String page = chaos.http().page(cluster.node(node).url(), "/v1/cluster");
                    Matcher matcher = PAGE.matcher(page == null ? "" : page);
                    if (matcher.find()) {
                        note(matcher.group(2), Long.parseLong(matcher.group(3)));
                    }
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (InterruptedException | RuntimeException e) {
            chaos.violation("nobody looks for leaders any more: " + e);
        }
    }

    private void note(String node, long seenTerm) {
        if (seenTerm >= term) {
            term = seenTerm;
            leader = node;
            chaos.timeline().leader(node, term, chaos.recorder().nanos());
        }
    }
}
