package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import dev.varve.protocol.QueryParameters;
import dev.varve.replication.cluster.Consistency;
import org.jspecify.annotations.Nullable;

/**
 * How new what a request reads must be.
 *
 * @param consistency whom the node asks
 * @param least what it must have at least, or null
 * @param lag by how many entries of the log the node is behind, which the answer tells; -1 if it does not
 */
record Freshness(Consistency consistency, @Nullable RevisionToken least, long lag) {

    /** All that was acknowledged before. */
    static final Freshness DEFAULT = new Freshness(Consistency.LINEARIZABLE, null, -1);

    /**
     * What a request asks for. Who names a revision, and no consistency, asks nobody else.
     *
     * @param minRevision the header, or null
     */
    static Freshness of(QueryParameters query, @Nullable String minRevision) {
        RevisionToken least = minRevision == null ? null : RevisionToken.parse(minRevision);
        String text = query.optionalText("consistency");
        Consistency consistency = switch (text) {
            case null -> least == null ? Consistency.LINEARIZABLE : Consistency.STALE;
            case "linearizable" -> Consistency.LINEARIZABLE;
            case "lease" -> Consistency.LEASE;
            case "stale" -> Consistency.STALE;
            default ->
                throw new ProblemException(
                        ErrorCode.MALFORMED_PARAMETER,
                        "The query parameter \"consistency\" is none that is known.",
                        "Give linearizable, lease or stale, or leave it out for linearizable.");
        };
        return new Freshness(consistency, least, -1);
    }

    Freshness withLag(long entries) {
        return new Freshness(consistency, least, entries);
    }
}
