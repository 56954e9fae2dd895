package dev.varve.replication.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.ProposalException;
import dev.varve.replication.ReplicaNode;
import dev.varve.storage.Durability;
import dev.varve.storage.Mutation;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RaftProposerTest {

    /** What was proposed: how many writes each entry has, and whom to tell. */
    private final List<Integer> sizes = new ArrayList<>();

    private final List<ReplicaNode.EntryCallback> entries = new ArrayList<>();

    /** What the writers were told, in that order. */
    private final List<String> told = new ArrayList<>();

    private final RaftProposer proposer = new RaftProposer(RaftProposerTest::encode, this::propose);

    private void propose(List<ByteBuffer> writes, ReplicaNode.EntryCallback callback) {
        sizes.add(writes.size());
        entries.add(callback);
    }

    private static FrameEncoder encode(WriteBatch batch) {
        return new FrameEncoder(64)
                .add(
                        FrameKind.PUT,
                        true,
                        Frames.USER,
                        ((Mutation.OfKey) batch.mutations().getFirst()).key(),
                        new byte[10]);
    }

    private void write(String name) {
        proposer.prepare(
                        new WriteBatch().put(name.getBytes(UTF_8), new byte[0]),
                        null,
                        Durability.MAJORITY,
                        (revision, failure) -> told.add(name + " " + (failure == null ? revision : failure.kind())))
                .submit();
    }

    private static ProposalException unknown() {
        return new ProposalException(ProposalException.Outcome.UNKNOWN, null, "the leader stepped down");
    }

    @Test
    void writesLeaveAtOnceWhileFewEntriesAreOnTheirWayAndShareOneAfterwards() {
        for (int i = 0; i < RaftProposer.ENTRIES_IN_FLIGHT + 10; i++) {
            write("w" + i);
        }
        assertThat(sizes).hasSize(RaftProposer.ENTRIES_IN_FLIGHT).containsOnly(1);

        entries.getFirst().applied(7);

        assertThat(sizes).hasSize(RaftProposer.ENTRIES_IN_FLIGHT + 1);
        assertThat(sizes.getLast()).isEqualTo(10);
    }

    @Test
    void writesOfOneEntryHaveRevisionsOneAfterTheOther() {
        for (int i = 0; i < RaftProposer.ENTRIES_IN_FLIGHT + 3; i++) {
            write("w" + i);
        }
        for (int i = 0; i <= RaftProposer.ENTRIES_IN_FLIGHT; i++) {
            entries.get(i).applied(i + 1);
        }

        assertThat(told).containsExactly("w0 1", "w1 2", "w2 3", "w3 4", "w4 5", "w5 6", "w6 7");
    }

    @Test
    void failuresAreToldInTheOrderOfTheLogHoweverTheyAreReported() {
        write("a");
        write("b");
        write("c");

        entries.get(2).failed(unknown());
        entries.get(1).failed(unknown());
        assertThat(told).isEmpty();
        entries.get(0).applied(1);

        assertThat(told).containsExactly("a 1", "b OUTCOME_UNKNOWN", "c OUTCOME_UNKNOWN");
    }

    @Test
    void whatWasNeverProposedIsCertainlyNotWrittenAndToldLast() {
        for (int i = 0; i < RaftProposer.ENTRIES_IN_FLIGHT; i++) {
            write("sent" + i);
        }
        write("gathered");

        entries.getFirst().failed(unknown());
        write("late");
        assertThat(sizes).as("nothing is proposed after a failure").hasSize(RaftProposer.ENTRIES_IN_FLIGHT);
        entries.subList(1, entries.size()).forEach(entry -> entry.failed(unknown()));

        assertThat(told)
                .containsExactly(
                        "sent0 OUTCOME_UNKNOWN",
                        "late NO_LEADER",
                        "sent1 OUTCOME_UNKNOWN",
                        "sent2 OUTCOME_UNKNOWN",
                        "sent3 OUTCOME_UNKNOWN",
                        "gathered NO_LEADER");
    }
}
