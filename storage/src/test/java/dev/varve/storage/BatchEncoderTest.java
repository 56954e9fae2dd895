package dev.varve.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class BatchEncoderTest {

    private final BatchEncoder encoder = new BatchEncoder(
            StoreOptions.defaults().withMaxKeyBytes(10).withMaxValueBytes(20).withMaxBatchBytes(53));

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    private static List<String> changes(FrameEncoder frames) throws Exception {
        List<String> changes = new ArrayList<>();
        FrameCursor cursor = FrameCursor.plain(frames.payload());
        while (cursor.next()) {
            assertThat(cursor.keyspace()).isEqualTo(Frames.USER);
            assertThat(cursor.first()).isEqualTo(changes.isEmpty());
            String key = new String(cursor.key(), US_ASCII);
            String value = new String(cursor.value(), US_ASCII);
            changes.add(
                    switch (cursor.kind()) {
                        case FrameKind.PUT -> key + "=" + value;
                        case FrameKind.RANGE_DELETE -> "from " + key + " to " + value + " deleted";
                        default -> key + " deleted";
                    });
        }
        return changes;
    }

    private static void assertRefused(StoreException.Kind kind, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessage(message);
    }

    @Test
    void aBatchIsOneClientWrite() throws Exception {
        FrameEncoder frames = encoder.encode(
                new WriteBatch().put(bytes("a"), bytes("1")).delete(bytes("b")).put(bytes("c"), bytes("")));
        assertThat(frames.writes()).isEqualTo(1);
        assertThat(changes(frames)).containsExactly("a=1", "b deleted", "c=");
    }

    @Test
    void onlyTheLastChangeOfAKeyIsWritten() throws Exception {
        FrameEncoder frames = new BatchEncoder(StoreOptions.defaults())
                .encode(new WriteBatch()
                        .put(bytes("a"), bytes("1"))
                        .delete(bytes("b"))
                        .put(bytes("a"), bytes("2"))
                        .put(bytes("b"), bytes("3"))
                        .delete(bytes("c"))
                        .put(bytes("c"), bytes("4"))
                        .delete(bytes("c")));
        assertThat(frames.frames()).isEqualTo(3);
        assertThat(changes(frames)).containsExactlyInAnyOrder("a=2", "b=3", "c deleted");
    }

    @Test
    void nothingIsNoBatchAndAKeyHasAByte() {
        assertRefused(
                StoreException.Kind.INVALID_ARGUMENT,
                "the batch is empty; add at least one change",
                () -> encoder.encode(new WriteBatch()));
        for (WriteBatch batch :
                List.of(new WriteBatch().put(bytes(""), bytes("v")), new WriteBatch().delete(bytes("")))) {
            assertRefused(
                    StoreException.Kind.INVALID_ARGUMENT,
                    "the key is empty; a key has at least one byte",
                    () -> encoder.encode(batch));
        }
    }

    @Test
    void theLimitsThemselvesAreAllowed() throws Exception {
        assertThat(encoder.encode(new WriteBatch().put(new byte[10], new byte[20]))
                        .frames())
                .isEqualTo(1);
        assertThat(encoder.encode(
                                new WriteBatch().put(new byte[5], new byte[18]).delete(new byte[2]))
                        .frames())
                .isEqualTo(2);
    }

    @Test
    void whatIsOverALimitIsRefusedWithLimitActualAndOption() {
        assertRefused(
                StoreException.Kind.TOO_LARGE,
                "the key has 11 bytes, the limit is 10 (option maxKeyBytes)",
                () -> encoder.encode(new WriteBatch().delete(new byte[11])));
        assertRefused(
                StoreException.Kind.TOO_LARGE,
                "the value has 21 bytes, the limit is 20 (option maxValueBytes)",
                () -> encoder.encode(new WriteBatch().put(new byte[1], new byte[21])));
        assertRefused(
                StoreException.Kind.TOO_LARGE,
                "the batch of 2 changes has 54 bytes, the limit is 53 (option maxBatchBytes)",
                () -> encoder.encode(
                        new WriteBatch().put(new byte[5], new byte[18]).delete(new byte[3])));
    }

    @Test
    void eachChangeCountsEvenIfItIsEmptyOrMadeVoidByALaterOne() {
        WriteBatch batch = new WriteBatch();
        for (int i = 0; i < 4; i++) {
            batch.delete(bytes("a"));
        }
        assertRefused(
                StoreException.Kind.TOO_LARGE,
                "the batch of 4 changes has 60 bytes, the limit is 53 (option maxBatchBytes)",
                () -> encoder.encode(batch));
    }

    @Test
    void rangeDeletesStandFirstAndTakeEarlierChangesWithThem() throws Exception {
        assertThat(changes(new BatchEncoder(StoreOptions.defaults())
                        .encode(new WriteBatch()
                                .put(bytes("a"), bytes("1"))
                                .put(bytes("c"), bytes("2"))
                                .delete(bytes("b"))
                                .deleteRange(KeyRange.closedOpen(bytes("a"), bytes("c")))
                                .put(bytes("b"), bytes("3")))))
                .containsExactly("from a to c deleted", "b=3", "c=2");
    }

    @Test
    void aRangeDeleteSaysWhereItBeginsAndEnds() throws Exception {
        assertThat(changes(encoder.encode(new WriteBatch().deleteRange(KeyRange.all()))))
                .containsExactly("from  to  deleted");
        assertThat(changes(encoder.encode(new WriteBatch().deleteRange(KeyRange.atLeast(bytes("k"))))))
                .containsExactly("from k to  deleted");
        assertThat(changes(encoder.encode(new WriteBatch().deleteRange(KeyRange.prefix(bytes("k"))))))
                .containsExactly("from k to l deleted");
    }

    @Test
    void anEmptyRangeIsNeverTakenForOneWithoutABound() throws Exception {
        for (KeyRange empty : List.of(
                new KeyRange(null, new byte[0]),
                KeyRange.closedOpen(new byte[0], new byte[0]),
                KeyRange.closedOpen(bytes("b"), bytes("a")))) {
            assertThat(changes(encoder.encode(
                            new WriteBatch().put(bytes("a"), bytes("1")).deleteRange(empty))))
                    .containsExactly("from \0 to \0 deleted", "a=1");
        }
    }

    @Test
    void aBoundMayBeTheFirstKeyBehindTheLongest() throws Exception {
        byte[] longest = new byte[10];
        assertThat(encoder.encode(new WriteBatch().deleteRange(KeyRange.closed(longest, longest)))
                        .frames())
                .isEqualTo(1);
        assertRefused(
                StoreException.Kind.TOO_LARGE,
                "a bound of the range has 12 bytes, the limit is 11 (option maxKeyBytes)",
                () -> encoder.encode(new WriteBatch().deleteRange(KeyRange.atLeast(new byte[12]))));
    }

    @Test
    void theLongestKeyFitsItsFrame() throws Exception {
        byte[] key = new byte[65_535];
        FrameCursor cursor =
                FrameCursor.plain(new BatchEncoder(StoreOptions.defaults().withMaxKeyBytes(65_535))
                        .encode(new WriteBatch().put(key, new byte[0]))
                        .payload());
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.keyLength()).isEqualTo(65_535);
    }
}
