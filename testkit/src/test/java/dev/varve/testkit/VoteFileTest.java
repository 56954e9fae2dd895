package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A vote that was given is never forgotten. */
class VoteFileTest {

    private static final Path DIRECTORY = Path.of("/vote");
    private static final Path FILE = DIRECTORY.resolve("0000000000000000.vote");
    private static final StoreId STORE = new StoreId(1, 2);
    private static final List<CrashMode> MODES = List.of(CrashMode.values());
    private static final long FIRST_COPY = 4096;
    private static final long SECOND_COPY = FIRST_COPY + 512;

    private SimulatedFileSystem files = new SimulatedFileSystem();

    @BeforeEach
    void vote() throws IOException {
        files.createDirectories(DIRECTORY);
        try (VoteFile vote = VoteFile.create(files, DIRECTORY, STORE, 1, null)) {
            vote.save(5, "a");
            vote.save(6, "b");
        }
    }

    private void assertVoted(long term, @Nullable String candidate) throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            assertThat(vote.term()).isEqualTo(term);
            assertThat(vote.votedFor()).isEqualTo(candidate);
        }
    }

    private void damage(long position) throws IOException {
        try (StoreFile file = files.open(FILE)) {
            ByteBuffer bytes = ByteBuffer.allocate(1);
            file.read(bytes, position);
            file.write(bytes.put(0, (byte) (bytes.get(0) ^ 4)).flip(), position);
            file.sync();
        }
    }

    private VoteFile.Content content() throws IOException {
        try (StoreFile file = files.openForRead(FILE)) {
            return VoteFile.read(file);
        }
    }

    @Test
    void theLastVoteIsFoundAgain() throws IOException {
        assertVoted(6, "b");
        assertThat(content()).isEqualTo(new VoteFile.Content(6, "b", 2));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 5, 16, 24, 511})
    void damageOfEitherCopyForgetsNothingAndIsMended(long at) throws IOException {
        for (long copy : new long[] {FIRST_COPY, SECOND_COPY, FIRST_COPY}) {
            damage(copy + at);
            assertThat(content()).isEqualTo(new VoteFile.Content(6, "b", 1));
            assertVoted(6, "b");
            assertThat(content()).isEqualTo(new VoteFile.Content(6, "b", 2));
        }
    }

    @Test
    void withoutAValidCopyNobodyMayVote() throws IOException {
        damage(FIRST_COPY);
        damage(SECOND_COPY + 20);

        assertThatThrownBy(() -> VoteFile.open(files, DIRECTORY, STORE))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("must not vote");
    }

    @Test
    void aPowerCutAtAnyCallLeavesTheOldVoteOrTheNewOneAndAGivenOneSurvivesDamageToo() throws IOException {
        boolean crashed = true;
        for (int nth = 1; crashed; nth++) {
            files = new SimulatedFileSystem();
            vote();
            boolean given = false;
            try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
                files.faults().crashAt(FaultPlan.kinds(CallKind.CHANGES), nth, 0.5);
                vote.save(7, "c");
                given = true;
            } catch (SimulatedCrash e) {
                assertThat(given).isFalse();
            }
            crashed = !given;
            Random random = new Random(nth);
            files = files.afterPowerCut(random, MODES.get(random.nextInt(MODES.size())));
            if (given) {
                damage(random.nextBoolean() ? FIRST_COPY : SECOND_COPY);
                assertVoted(7, "c");
            } else {
                try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
                    assertThat(vote.term() + vote.votedFor()).isIn("6b", "7c");
                }
            }
        }
    }

    @Test
    void afterAFailedSyncNothingIsKeptUntilItIsOpenedAgain() throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            files.faults().failOnce(FaultPlan.kinds(Set.of(CallKind.SYNC)), 1, FaultPlan::inputOutputError);
            assertThatThrownBy(() -> vote.save(7, "c")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> vote.save(8, "d"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("must not vote until it is restarted");
            assertThat(vote.term()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 8, 60, FIRST_COPY, FIRST_COPY + 16, SECOND_COPY + 24})
    void whileItIsOpenDamageIsFoundAndWrittenAgain(long at) throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            vote.verify();
            damage(at);
            assertThatThrownBy(vote::verify)
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("0000000000000000.vote");
            vote.verify();
        }
        assertVoted(6, "b");
        assertThat(content().validCopies()).isEqualTo(2);
    }

    @Test
    void whileItIsOpenEvenBothCopiesAreWrittenAgain() throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            damage(FIRST_COPY);
            damage(SECOND_COPY);
            assertThatThrownBy(vote::verify).isInstanceOf(CorruptionException.class);
        }
        files = files.afterPowerCut(new Random(1), MODES.getFirst());
        assertVoted(6, "b");
    }

    @Test
    void whatCannotBeWrittenAgainEndsVoting() throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            damage(FIRST_COPY);
            files.faults().failOnce(FaultPlan.kinds(Set.of(CallKind.SYNC)), 1, FaultPlan::inputOutputError);
            assertThatThrownBy(vote::verify).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> vote.save(7, "c")).hasMessageContaining("must not vote until it is restarted");
            vote.verify();
        }
    }

    @Test
    void thereIsOneVoteAndWhatAnInterruptedFoundingLeftIsReplaced() throws IOException {
        assertThatThrownBy(() -> VoteFile.create(files, DIRECTORY, STORE, 1, null))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertVoted(6, "b");
        files.delete(FILE);
        files.create(DIRECTORY.resolve("0000000000000000.vote.tmp")).close();
        VoteFile.create(files, DIRECTORY, STORE, 3, "x").close();
        assertVoted(3, "x");
        assertThat(files.list(DIRECTORY)).containsExactly("0000000000000000.vote");
    }

    @Test
    void theVoteOfAnotherStoreIsNotThisOnes() {
        assertThatThrownBy(() -> VoteFile.open(files, DIRECTORY, new StoreId(3, 4)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("belongs to store");
        assertThat(files.openFiles()).isEmpty();
    }

    @Test
    void aNameThatDoesNotFitIsRefusedAndTheNextVoteIsKept() throws IOException {
        try (VoteFile vote = VoteFile.open(files, DIRECTORY, STORE)) {
            vote.save(7, "n".repeat(480));
            assertThatThrownBy(() -> vote.save(8, "n".repeat(481)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("481 bytes");
            assertThat(vote.term()).isEqualTo(7);
            vote.save(9, null);
        }
        assertVoted(9, null);
    }
}
