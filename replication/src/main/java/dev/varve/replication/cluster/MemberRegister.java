package dev.varve.replication.cluster;

import dev.varve.replication.ProposalException;
import dev.varve.replication.ReplicaNode;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the cluster has been told of its nodes: who may join and as what, and who was removed. It is a row for each such node in the keyspace
 * of the system, so that all nodes know it whoever leads, also after a restart (see {@code docs/formats/requests.md}). Of a node without a row
 * the {@code --peers} of the leader decide.
 *
 * <p>Thread-safe.
 */
final class MemberRegister {

    /** Behind the rows of requests, which begin with 1. */
    private static final byte PREFIX = 2;

    private static final Logger logger = LoggerFactory.getLogger(MemberRegister.class);

    private final ReplicaNode replica;
    private final Executor coldReads;

    /** What was said of a node last. The numbers stand in rows and never change. */
    enum Standing {
        /** It may join, and votes. */
        VOTER(1),
        /** It may join, and does not vote. */
        LEARNER(2),
        /** It was removed, and does not join until it is added. */
        REMOVED(3);

        private final byte number;

        Standing(int number) {
            this.number = (byte) number;
        }
    }

    /** @param coldReads runs reads that may wait for the disk */
    MemberRegister(ReplicaNode replica, Executor coldReads) {
        this.replica = replica;
        this.coldReads = coldReads;
    }

    /**
     * What is known of a node; null if nothing was said of it. May wait for the disk.
     *
     * @throws IOException if that cannot be read
     */
    @Nullable
    Standing standing(String node) throws IOException {
        return decode(replica.state().get(Frames.SYSTEM, key(node), Long.MAX_VALUE, false));
    }

    /** The same without waiting: null also if it is not in memory, but there soon. */
    @Nullable
    Standing standingNow(String node) {
        try {
            StateMachine.Found found = replica.state().get(Frames.SYSTEM, key(node), Long.MAX_VALUE, true);
            if (found != null && found.isCold()) {
                coldReads.execute(() -> warm(node));
                return null;
            }
            return decode(found);
        } catch (IOException | RejectedExecutionException e) {
            logger.warn("what the cluster was told of node '{}' cannot be read", node, e);
            return null;
        }
    }

    private void warm(String node) {
        try {
            var _ = standing(node);
        } catch (IOException e) {
            logger.warn("what the cluster was told of node '{}' cannot be read", node, e);
        }
    }

    /**
     * Says something of a node, on the leader.
     *
     * @param callback told null when it is committed, or why it is not
     */
    void set(String node, Standing standing, Consumer<@Nullable StoreException> callback) {
        byte[] key = key(node);
        byte[] value = {standing.number};
        FrameEncoder row = new FrameEncoder(Frames.HEADER_BYTES + key.length + value.length)
                .add(FrameKind.PUT, true, Frames.SYSTEM, key, value);
        replica.propose(replica.leadingTerm(), List.of(row.payload()), new ReplicaNode.EntryCallback() {
            @Override
            public void applied(long firstRevision) {
                callback.accept(null);
            }

            @Override
            public void failed(ProposalException failure) {
                callback.accept(new StoreException(
                        switch (failure.outcome()) {
                            case NOT_LEADER -> Kind.NO_LEADER;
                            case OVERLOADED -> Kind.OVERLOADED;
                            case UNKNOWN -> Kind.OUTCOME_UNKNOWN;
                        },
                        "the members were not changed: " + failure.getMessage(),
                        failure));
            }
        });
    }

    private static byte[] key(String node) {
        byte[] name = node.getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[name.length + 1];
        key[0] = PREFIX;
        System.arraycopy(name, 0, key, 1, name.length);
        return key;
    }

    private static @Nullable Standing decode(StateMachine.@Nullable Found found) {
        return found == null || found.value().length == 0
                ? null
                : Arrays.stream(Standing.values())
                        .filter(each -> each.number == found.value()[0])
                        .findFirst()
                        .orElse(null);
    }
}
