package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.WriteBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStoreTest {

    private final ModelStore model = new ModelStore();

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private List<String> all(Order order) {
        return CheckedStore.texts(model.range(KeyRange.all(), order));
    }

    @Test
    void keysAreOrderedAsUnsignedBytes() {
        model.write(new WriteBatch()
                .put(bytes(0x80), bytes(1))
                .put(bytes(0x7f, 0), bytes(2))
                .put(bytes(0x7f), bytes(3)));
        assertThat(model.range(KeyRange.all(), Order.ASCENDING))
                .extracting(entry -> entry.key())
                .containsExactly(bytes(0x7f), bytes(0x7f, 0), bytes(0x80));
        assertThat(all(Order.DESCENDING)).isEqualTo(all(Order.ASCENDING).reversed());
    }

    @Test
    void aBatchTakesOneRevisionAndItsLastChangeCounts() {
        assertThat(model.write(new WriteBatch().put(bytes(1), bytes(1)))).isEqualTo(1);
        assertThat(model.write(new WriteBatch()
                        .put(bytes(2), bytes(1))
                        .delete(bytes(2))
                        .delete(bytes(1))))
                .isEqualTo(2);
        assertThat(model.range(KeyRange.all(), Order.ASCENDING)).isEmpty();
    }

    @Test
    void viewsStayAsTheyWere() {
        model.write(new WriteBatch().put(bytes(1), bytes(1)));
        ModelStore.View view = model.snapshot();
        model.write(new WriteBatch().put(bytes(1), bytes(2)));
        assertThat(view.get(bytes(1)))
                .isNotNull()
                .satisfies(e -> assertThat(e.value()).containsExactly(1));
        assertThat(model.at(1).get(bytes(1)))
                .isNotNull()
                .satisfies(e -> assertThat(e.revision()).isEqualTo(1));
        assertThat(model.get(bytes(1)))
                .isNotNull()
                .satisfies(e -> assertThat(e.revision()).isEqualTo(2));
    }

    @Test
    void laterWritesCanBeForgotten() {
        model.write(new WriteBatch().put(bytes(1), bytes(1)));
        model.write(new WriteBatch().delete(bytes(1)));
        model.truncate(1);
        assertThat(model.revision()).isEqualTo(1);
        assertThat(model.get(bytes(1))).isNotNull();
    }

    @Test
    void boundsOfRangesAreKept() {
        for (int i = 1; i <= 4; i++) {
            model.write(new WriteBatch().put(bytes(i), bytes(i)));
        }
        assertThat(model.range(KeyRange.closedOpen(bytes(2), bytes(4)), Order.DESCENDING))
                .extracting(entry -> entry.key())
                .containsExactly(bytes(3), bytes(2));
        assertThat(model.range(KeyRange.closed(bytes(4), bytes(2)), Order.ASCENDING))
                .isEmpty();
        assertThat(model.range(new KeyRange(null, bytes(2)), Order.ASCENDING)).hasSize(1);
    }
}
