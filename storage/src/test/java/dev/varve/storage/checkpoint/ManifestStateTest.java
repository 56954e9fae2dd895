package dev.varve.storage.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.TableInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestStateTest {

    private static final StoreId STORE = new StoreId(1, 2);
    private static final ManifestState FOUNDED = ManifestState.founded(STORE, Edits.IDENTITY);

    private static ManifestState after(ManifestState state, ManifestEdit... edits) {
        ManifestState sum = state;
        for (ManifestEdit edit : edits) {
            sum = sum.after(List.of(edit));
        }
        return sum;
    }

    private static long id(int count) {
        return FileName.id(Edits.ORIGIN, count);
    }

    @Test
    void aFoundedStoreHasNothing() {
        assertThat(FOUNDED.storeId()).isEqualTo(STORE);
        assertThat(FOUNDED.identity()).isEqualTo(Edits.IDENTITY);
        assertThat(FOUNDED.nextFileCount()).isEqualTo(1);
        assertThat(FOUNDED.segments()).isEmpty();
        assertThat(FOUNDED.tables()).isEmpty();
        assertThat(FOUNDED.checkpoint()).isNull();
        assertThat(FOUNDED.closed()).isNull();
        assertThat(FOUNDED.logBegins()).isNull();
    }

    @Test
    void segmentsAndTablesStandInTheOrderOfTheirEdits() {
        ManifestState state = after(
                FOUNDED,
                new ManifestEdit.SegmentCreated(30),
                new ManifestEdit.SegmentCreated(10),
                new ManifestEdit.SegmentCreated(20),
                new ManifestEdit.SegmentRemoved(10),
                new ManifestEdit.SegmentRemoved(99),
                new ManifestEdit.TableAdded(Edits.table(7)),
                new ManifestEdit.TableAdded(Edits.table(5)),
                new ManifestEdit.TableAdded(Edits.table(6)),
                new ManifestEdit.TableRemoved(5));
        assertThat(state.segments()).containsExactly(30L, 20L);
        assertThat(state.tables()).extracting(TableInfo::id).containsExactly(7L, 6L);
        assertThat(FOUNDED.segments()).isEmpty();
    }

    @Test
    void theLastCheckpointCounts() {
        ManifestState state = after(
                FOUNDED,
                new ManifestEdit.Checkpointed(Edits.checkpoint(1)),
                new ManifestEdit.Checkpointed(Edits.checkpoint(8)));
        assertThat(state.checkpoint()).usingRecursiveComparison().isEqualTo(Edits.checkpoint(8));
    }

    @Test
    void theLogIsClosedOnlyIfThatWasTheLastThingSaid() {
        ManifestState closed = after(FOUNDED, new ManifestEdit.Closed(1, 2));
        assertThat(closed.closed()).isEqualTo(new ManifestEdit.Closed(1, 2));
        for (ManifestEdit edit : Edits.all()) {
            if (!(edit instanceof ManifestEdit.Closed)) {
                assertThat(after(closed, edit).closed()).as("after %s", edit).isNull();
            }
        }
    }

    @Test
    void whereTheLogBeginsIsKeptUntilItIsSaidAnew() {
        ManifestEdit.LogBegins begins = new ManifestEdit.LogBegins(1, 2, 3, 4);
        ManifestState state = after(FOUNDED, begins);
        for (ManifestEdit edit : Edits.all()) {
            state = state.after(List.of(edit));
            assertThat(state.logBegins()).isEqualTo(begins);
        }
        ManifestEdit.LogBegins later = new ManifestEdit.LogBegins(9, 2, 3, 4);
        assertThat(after(state, later).logBegins()).isEqualTo(later);
    }

    @Test
    void countsOfThisNodesFilesThatWereNamedAreNotDrawnAgain() {
        assertThat(after(FOUNDED, new ManifestEdit.FileCount(5)).nextFileCount())
                .isEqualTo(5);
        assertThat(after(FOUNDED, new ManifestEdit.FileCount(5), new ManifestEdit.FileCount(3))
                        .nextFileCount())
                .isEqualTo(5);
        ManifestState removed =
                after(FOUNDED, new ManifestEdit.SegmentCreated(id(7)), new ManifestEdit.SegmentRemoved(id(7)));
        assertThat(removed.nextFileCount()).isEqualTo(8);
        assertThat(after(FOUNDED, new ManifestEdit.TableAdded(Edits.table(id(9))))
                        .nextFileCount())
                .isEqualTo(10);
    }

    @Test
    void filesOfOtherNodesDoNotCount() {
        long foreign = FileName.id(Edits.ORIGIN + 1, 7);
        assertThat(after(
                                FOUNDED,
                                new ManifestEdit.SegmentCreated(foreign),
                                new ManifestEdit.TableAdded(Edits.table(foreign)))
                        .nextFileCount())
                .isEqualTo(1);
    }

    @Test
    void itsEditsAddUpToIt() {
        ManifestState state = after(
                FOUNDED,
                new ManifestEdit.FileCount(40),
                new ManifestEdit.SegmentCreated(id(3)),
                new ManifestEdit.SegmentCreated(id(2)),
                new ManifestEdit.TableAdded(Edits.table(id(5))),
                new ManifestEdit.TableAdded(Edits.table(id(4))),
                new ManifestEdit.Checkpointed(Edits.checkpoint(1)),
                new ManifestEdit.LogBegins(1, 2, 3, 4),
                new ManifestEdit.Closed(1, 2));
        for (ManifestState some : List.of(FOUNDED, after(state, new ManifestEdit.FileCount(41)), state)) {
            ManifestState sum = FOUNDED;
            for (ManifestEdit edit : some.edits()) {
                sum = sum.after(List.of(edit));
            }
            assertThat(some.edits().getFirst()).isEqualTo(Edits.IDENTITY);
            assertThat(sum).usingRecursiveComparison().isEqualTo(some);
        }
    }
}
