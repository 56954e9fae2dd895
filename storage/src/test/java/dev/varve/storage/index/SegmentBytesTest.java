package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SegmentBytesTest {

    private static Map<Long, Long> example() {
        Map<Long, Long> map = new LinkedHashMap<>();
        map.put(30L, 3L);
        map.put(-10L, 1L);
        map.put(20L, 2L);
        return map;
    }

    @Test
    void isTheMapThatItWasMadeOf() {
        SegmentBytes bytes = SegmentBytes.copyOf(example());
        assertThat(bytes).isEqualTo(example()).hasSameHashCodeAs(example());
        assertThat(bytes.keySet()).containsExactly(-10L, 20L, 30L);
        assertThat(bytes.pairs()).containsExactly(-10, 1, 20, 2, 30, 3);
        assertThat(SegmentBytes.of(bytes.pairs())).isEqualTo(bytes);
        assertThat(SegmentBytes.copyOf(bytes)).isSameAs(bytes);
        assertThat(SegmentBytes.NONE).isEmpty();
    }

    @Test
    void everyIdIsFoundAndNoOther() {
        Map<Long, Long> map = new TreeMap<>();
        for (long id = 0; id < 50; id++) {
            SegmentBytes bytes = SegmentBytes.copyOf(map);
            for (long asked = -1; asked <= 2 * id + 1; asked++) {
                assertThat(bytes.containsKey(asked)).isEqualTo(map.containsKey(asked));
                assertThat(bytes.get(asked)).isEqualTo(map.get(asked));
            }
            map.put(2 * id, id);
        }
        assertThat(SegmentBytes.copyOf(map).keySet().contains((Object) "2")).isFalse();
    }

    @Test
    void isVisitedInTheOrderOfTheIds() {
        StringBuilder seen = new StringBuilder();
        SegmentBytes.copyOf(example())
                .forEach(
                        (id, bytes) -> seen.append(id).append('=').append(bytes).append(' '));
        assertThat(seen).hasToString("-10=1 20=2 30=3 ");
    }

    @Test
    void sumsWhatIsAskedFor() {
        SegmentBytes bytes = SegmentBytes.copyOf(example());
        assertThat(bytes.sum(Set.of(-10L, 30L, 40L))).isEqualTo(4);
        assertThat(bytes.sum(Set.of())).isZero();
    }

    @Test
    void idsMustAscend() {
        assertThatThrownBy(() -> SegmentBytes.of(new long[] {2, 1, 1, 1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("order");
        assertThatThrownBy(() -> SegmentBytes.of(new long[] {2, 1, 2, 1})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SegmentBytes.of(new long[] {2, 1, 3}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no bytes");
    }
}
