package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SegmentSetTest {

    private final SegmentSet segments =
            TestSegments.missing(LongStream.rangeClosed(101, 140).toArray());

    @Test
    void segmentsAreFoundByNumberAndById() {
        for (int number = 0; number < 40; number++) {
            Segment segment = segments.get(number);
            assertThat(segment.number()).isEqualTo(number);
            assertThat(segment.id()).isEqualTo(101 + number);
            assertThat(segments.find(segment.id())).isSameAs(segment);
            assertThat(segments.find(number)).isSameAs(segment);
        }
        assertThat(segments.all()).extracting(Segment::number).isSorted().hasSize(40);
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThat(segments.find(-1)).isNull();
        assertThat(segments.find(40)).isNull();
        assertThat(segments.find(1_000_000)).isNull();
        assertThat(segments.find(7L)).isNull();
    }

    @Test
    void aNumberIsNeverGivenAgain() {
        Segment removed = segments.get(39);
        segments.remove(removed);
        assertThat(segments.find(39)).isNull();
        assertThat(segments.find(removed.id())).isNull();
        assertThat(segments.all()).hasSize(39).doesNotContain(removed);
        assertThatThrownBy(() -> segments.get(39))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("39 has been removed");
        Segment next = segments.add(new SegmentAllocator.Fresh(200, removed.file(), removed.capacity()));
        assertThat(next.number()).isEqualTo(40);
    }
}
