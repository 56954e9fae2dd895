package dev.varve.server.http;

import dev.varve.protocol.AcceptHeader;
import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ParameterText;
import dev.varve.protocol.ProblemException;
import dev.varve.protocol.QueryParameters;
import dev.varve.replication.cluster.MemberChange;
import dev.varve.server.metrics.OperationKind;
import dev.varve.storage.KeyRange;
import dev.varve.storage.StoreOptions;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A request that has been understood as far as its head goes.
 *
 * @param route what it asks for, or null if the path is unknown
 * @param key the key, or an empty array where the route has none
 * @param range the range of {@code /range}, else null
 * @param limit how many entries of it at most
 * @param freshness how new what it reads must be
 * @param startNanos when its head was there
 * @param deadlineNanos when it must be answered
 * @param keepAlive true if the client wants to send more on this connection
 * @param http10 true if the client speaks HTTP/1.0
 * @param headOnly true if the answer has no body
 * @param change the change of the cluster that it asks for, or null; the key is the name of the node
 * @param accept its {@code Accept} header, or null
 * @param terms what it wants of its write besides
 */
record Request(
        @Nullable Route route,
        byte[] key,
        @Nullable KeyRange range,
        long limit,
        Freshness freshness,
        long startNanos,
        long deadlineNanos,
        boolean keepAlive,
        boolean http10,
        boolean headOnly,
        @Nullable MemberChange change,
        @Nullable String accept,
        WriteTerms terms) {

    private static final byte[] NO_KEY = new byte[0];

    /**
     * Reads what the route needs from the head.
     *
     * @throws ProblemException if the route does not take it
     */
    static Request of(RequestHead head, long nowNanos, long timeoutNanosDefault, StoreOptions limits) {
        Route route = Route.of(head.path());
        if (route == null) {
            throw new ProblemException(
                    ErrorCode.NO_SUCH_ROUTE,
                    "There is no route \"" + shown(head.path()) + "\".",
                    "The routes are /put, /read, /range, /batchput, /delete, /v1/cluster, /v1/cluster/members, /v1/cluster/members/ID/promote,"
                            + " /v1/cluster/transfer-leadership, /v1/cluster/compare, /v1/cluster/digests, /v1/admin/damage, /v1/admin/scrub, /livez, /readyz and /metrics.");
        }
        if (!route.takes(head.method())) {
            throw new ProblemException(
                    ErrorCode.METHOD_NOT_ALLOWED,
                    head.path() + " takes " + route.allow() + " only.",
                    "Use the method " + route.allow() + ".");
        }
        QueryParameters query = head.query();
        String timeout = query.optionalText("timeout");
        long timeoutNanos = timeout == null
                ? timeoutNanosDefault
                : ParameterText.timeout("timeout", timeout).toNanos();
        byte[] key = NO_KEY;
        KeyRange range = null;
        MemberChange change = null;
        long limit = Long.MAX_VALUE;
        switch (route) {
            case PUT, READ, DELETE -> key = key(query, limits);
            case RANGE -> {
                range = range(query);
                String text = query.optionalText("limit");
                limit = text == null ? limit : ParameterText.count("limit", text);
            }
            case MEMBERS -> {
                key = query.required("id");
                String learner = query.optionalText("learner");
                if (head.method().equals("POST")) {
                    change = "true".equals(learner) ? MemberChange.ADD_LEARNER : MemberChange.ADD;
                } else {
                    change = MemberChange.REMOVE;
                }
            }
            case PROMOTE -> {
                key = Route.member(head.path()).getBytes(StandardCharsets.UTF_8);
                change = MemberChange.PROMOTE;
            }
            case TRANSFER -> {
                byte[] to = query.optional("to");
                key = to == null ? key : to;
                change = MemberChange.TRANSFER;
            }
            case BATCH_PUT, ROOT, LIVEZ, READYZ, METRICS, CLUSTER, COMPARE, DIGESTS, DAMAGE, SCRUB -> {}
        }
        return new Request(
                route,
                key,
                range,
                limit,
                route == Route.READ || route == Route.RANGE
                        ? Freshness.of(query, head.minRevision())
                        : Freshness.DEFAULT,
                nowNanos,
                nowNanos + timeoutNanos,
                head.keepAlive(),
                head.http10(),
                head.headOnly(),
                change,
                head.accept(),
                route.writes() ? WriteTerms.of(query, head, route == Route.PUT) : WriteTerms.DEFAULT);
    }

    /** Stands for a request that was not understood; the connection may go on behind it only if {@code keepAlive}. */
    static Request unknown(@Nullable RequestHead head, long nowNanos, boolean keepAlive) {
        boolean http10 = head != null && head.http10();
        boolean headOnly = head != null && head.headOnly();
        Route route = head == null ? null : Route.of(head.path());
        return new Request(
                route,
                NO_KEY,
                null,
                0,
                Freshness.DEFAULT,
                nowNanos,
                Long.MAX_VALUE,
                keepAlive,
                http10,
                headOnly,
                null,
                null,
                WriteTerms.DEFAULT);
    }

    /** The same, answered with how far this node is behind. */
    Request withLag(long entries) {
        return new Request(
                route,
                key,
                range,
                limit,
                freshness.withLag(entries),
                startNanos,
                deadlineNanos,
                keepAlive,
                http10,
                headOnly,
                change,
                accept,
                terms);
    }

    OperationKind kind() {
        return route == null ? OperationKind.OTHER : route.kind();
    }

    boolean prefersJson() {
        return AcceptHeader.prefersJson(accept);
    }

    private static byte[] key(QueryParameters query, StoreOptions limits) {
        byte[] key = query.required("key");
        if (key.length > limits.maxKeyBytes()) {
            throw Limits.keyTooLarge(key.length, limits);
        }
        return key;
    }

    private static KeyRange range(QueryParameters query) {
        KeyRange range = KeyRange.closed(query.required("start"), query.required("end"));
        byte[] after = query.optional("after");
        return after == null ? range : range.after(after);
    }

    private static String shown(String path) {
        return path.length() <= 60 ? path : path.substring(0, 60) + "...";
    }
}
