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

    /** That an entry left, and how long one took. */
    private final List<String> watched = new ArrayList<>();

    private long now = 1000;

    private final RaftProposer proposer =
            new RaftProposer(RaftProposerTest::encode, this::propose, () -> now, new Watch());

    private final class Watch implements RaftProposer.Watch {
        @Override
        public void proposed() {
            watched.add("proposed");
        }

        @Override
        public void ended(long nanos) {
            watched.add("ended after " + nanos);
        }
    }

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

    /** As many as make an entry leave beside those that are on their way. */
    private void writeAnEntry(String name) {
        int writes = Math.max(1, entries.size() * RaftProposer.WRITES_BESIDE_OTHERS);
        for (int i = 0; i < writes; i++) {
            write(name);
        }
    }

    @Test
    void aLoneWriteLeavesAtOnceAndThoseBehindItShareAnEntry() {
        for (int i = 0; i < 11; i++) {
            write("w" + i);
        }
        assertThat(sizes).containsExactly(1);

        entries.getFirst().applied(7);

        assertThat(sizes).containsExactly(1, 10);
    }

    @Test
    void itSaysHowLongEntriesTake() {
        write("a");
        now += 25;
        entries.getFirst().applied(1);
        write("b");
        now += 40;
        entries.get(1).failed(unknown());

        assertThat(watched).containsExactly("proposed", "ended after 25", "proposed", "ended after 40");
    }

    @Test
    void whatIsWorthAnEntryLeavesBesideOthersUpToABound() {
        for (int i = 0; i < RaftProposer.ENTRIES_IN_FLIGHT; i++) {
            writeAnEntry("w" + i);
        }
        assertThat(sizes)
                .containsExactly(
                        1,
                        RaftProposer.WRITES_BESIDE_OTHERS,
                        2 * RaftProposer.WRITES_BESIDE_OTHERS,
                        3 * RaftProposer.WRITES_BESIDE_OTHERS);

        writeAnEntry("gathered");
        assertThat(sizes).hasSize(RaftProposer.ENTRIES_IN_FLIGHT);
        entries.getFirst().applied(1);
        assertThat(sizes.getLast()).isEqualTo(4 * RaftProposer.WRITES_BESIDE_OTHERS);
    }

    @Test
    void largeWritesLeaveBesideOthers() {
        write("a");
        proposer.prepare(
                        new WriteBatch().put(new byte[40_000], new byte[0]),
                        null,
                        Durability.MAJORITY,
                        (revision, failure) -> {})
                .submit();
        write("c");
        assertThat(sizes).containsExactly(1, 1);
    }

    @Test
    void writesOfOneEntryHaveRevisionsOneAfterTheOther() {
        for (int i = 0; i < 4; i++) {
            write("w" + i);
        }
        entries.get(0).applied(1);
        entries.get(1).applied(2);

        assertThat(told).containsExactly("w0 1", "w1 2", "w2 3", "w3 4");
    }

    @Test
    void failuresAreToldInTheOrderOfTheLogHoweverTheyAreReported() {
        writeAnEntry("a");
        writeAnEntry("b");
        writeAnEntry("c");

        entries.get(2).failed(unknown());
        entries.get(1).failed(unknown());
        assertThat(told).isEmpty();
        entries.get(0).applied(1);

        assertThat(told.getFirst()).isEqualTo("a 1");
        assertThat(told.subList(1, told.size()).stream().distinct())
                .containsExactly("b OUTCOME_UNKNOWN", "c OUTCOME_UNKNOWN");
    }

    @Test
    void whatWasNeverProposedIsCertainlyNotWrittenAndToldLast() {
        for (int i = 0; i < RaftProposer.ENTRIES_IN_FLIGHT; i++) {
            writeAnEntry("sent" + i);
        }
        write("gathered");

        entries.getFirst().failed(unknown());
        write("late");
        assertThat(sizes).as("nothing is proposed after a failure").hasSize(RaftProposer.ENTRIES_IN_FLIGHT);
        entries.subList(1, entries.size()).forEach(entry -> entry.failed(unknown()));

        assertThat(told.stream().distinct())
                .containsExactly(
                        "sent0 OUTCOME_UNKNOWN",
                        "late NO_LEADER",
                        "sent1 OUTCOME_UNKNOWN",
                        "sent2 OUTCOME_UNKNOWN",
                        "sent3 OUTCOME_UNKNOWN",
                        "gathered NO_LEADER");
    }
}
